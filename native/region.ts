/** Memory outside V8's that children share, mapped once and used again. */

import { memoryAt } from './ffi.ts'
import { mmap, mprotect, munmap } from './libc.ts'
import { MAP_ANONYMOUS, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from './linux.ts'

/** Where memory lies, and how many bytes it has. */
export type Range = { readonly address: bigint; readonly length: number }

/** A range that begins with machine code; behind it there is memory to write to. */
export type Region = Range & { readonly memory: Buffer }

/** The largest page that Linux has on either processor, in bytes: code must not share one with what is written. */
export const CODE_LENGTH = 64 * 1024

// Room for a few dozen steps and an everyday environment; pages that are not touched cost nothing.
const USUAL_LENGTH = 256 * 1024
const MOST_FREE = 4

const free: Region[] = []

/**
 * Takes a region.
 * @param code what it begins with: the same each time
 * @param length bytes of memory behind the code, at least
 * @throws SystemCallError
 */
export const takeRegion = (code: Uint8Array, length = 0): Region => {
  const known = CODE_LENGTH + length <= USUAL_LENGTH ? free.pop() : undefined
  if (known) return known
  const whole = Math.max(CODE_LENGTH + length, USUAL_LENGTH)
  const address = mmap(whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
  const bytes = memoryAt(address, whole)
  bytes.set(code)
  // Never to be written and executed at once; the change also makes arm64 see the new code.
  mprotect(address, CODE_LENGTH, PROT_READ | PROT_EXEC)
  return { address, length: whole, memory: bytes.subarray(CODE_LENGTH) }
}

/** Gives memory back, when no child runs in it any more. */
export const giveBack = (region: Region): void => {
  if (region.length === USUAL_LENGTH && free.length < MOST_FREE) free.push(region)
  else munmap(region.address, region.length)
}
