/** Memory outside V8's, mapped once and used again. */

import { memoryAt } from './ffi.ts'
import { getpagesize, mmap, mprotect, munmap } from './libc.ts'
import { MAP_ANONYMOUS, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from './linux.ts'

/** A piece of memory, shared with children. */
export type Region = { readonly address: bigint; readonly memory: Buffer }

// Room for a few dozen steps and an everyday environment; pages that are not touched cost nothing.
const USUAL_LENGTH = 256 * 1024
const MOST_FREE = 4

const free: Region[] = []

let pageSize = 0

/** The kernel's page size, in bytes. Source: getpagesize(2) */
export const pageLength = (): number => {
  pageSize ||= getpagesize()
  return pageSize
}

/**
 * Memory that can be written.
 * @param length bytes at least
 * @throws SystemCallError
 */
export const takeRegion = (length: number = USUAL_LENGTH): Region => {
  const known = length <= USUAL_LENGTH ? free.pop() : undefined
  if (known) {
    mprotect(known.address, known.memory.length, PROT_READ | PROT_WRITE)
    return known
  }
  const whole = Math.max(length, USUAL_LENGTH)
  const address = mmap(whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
  return { address, memory: memoryAt(address, whole) }
}

/** From an offset on, a multiple of the page size, the memory can be executed and no longer written. */
export const makeExecutable = ({ address, memory }: Region, from: number): void =>
  mprotect(address + BigInt(from), memory.length - from, PROT_READ | PROT_EXEC)

/** Gives memory back, when no child runs in it any more. */
export const giveBack = (region: Region): void => {
  if (region.memory.length === USUAL_LENGTH && free.length < MOST_FREE) free.push(region)
  else munmap(region.address, region.memory.length)
}
