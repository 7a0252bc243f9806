/** A page of memory with programs in it, shared with the children that run them. */

import { closeSync, openSync } from 'node:fs'
import { memoryAt } from './ffi.ts'
import { cloneAt, mmap, mprotect, munmap, setns, sigprocmask } from './libc.ts'
import {
  CLONE_NEWPID,
  MAP_ANONYMOUS,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  SIG_BLOCK,
  SIG_SETMASK,
} from './linux.ts'
import { type Architecture, loops } from './processor.ts'
import { ProgramError } from './program-error.ts'
import { Table } from './step-table.ts'
import type { Step } from './steps.ts'
import { tracing } from './trace.ts'

const isKnown = (architecture: string): architecture is Architecture => architecture in loops

/** Throws ProgramError. */
const architectureHere = (): Architecture => {
  if (isKnown(process.arch)) return process.arch
  throw new ProgramError(`this processor is ${process.arch}: the child's machine code is written for x64 and arm64`)
}

const EVERY_SIGNAL = new Uint8Array(128).fill(0xff) // a libc sigset_t

/**
 * Children of this thread are born in another pid namespace meanwhile. It must not start a thread then: the kernel
 * refuses a thread in another namespace than its process.
 */
const inPidNamespace = <T>(fd: number | undefined, act: () => T): T => {
  if (fd === undefined) return act()
  const own = openSync('/proc/self/ns/pid', 'r')
  try {
    setns(fd, CLONE_NEWPID)
    return act()
  } finally {
    setns(own, CLONE_NEWPID)
    closeSync(own)
  }
}

/** Where memory lies, and how many bytes it has. */
export type Range = { readonly address: bigint; readonly length: number }

/** A range that begins with machine code; behind it there is memory to write to. */
type Region = Range & { readonly memory: Buffer }

/** The largest page that Linux has on either processor, in bytes: code must not share one with what is written. */
const CODE_LENGTH = 64 * 1024

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
const takeRegion = (code: Uint8Array, length = 0): Region => {
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
const giveBack = (region: Region): void => {
  if (region.length === USUAL_LENGTH && free.length < MOST_FREE) free.push(region)
  else munmap(region.address, region.length)
}

type Programs = (range: Range) => readonly (readonly Step[])[]

/** Where a program begins, and the upper end of its stack. */
type Entry = { readonly row: bigint; readonly stack: bigint }

type Content = { readonly region: Region; readonly table: Table; readonly entries: readonly Entry[] }

const fill = (region: Region, programs: Programs, architecture: Architecture): Content => {
  const { address, memory } = region
  const table = new Table(memory, address + BigInt(CODE_LENGTH), architecture, tracing())
  const entries = programs(region).map(steps => ({ row: table.program(steps), stack: table.stack() }))
  return { region, table, entries }
}

const place = (programs: Programs, length?: number): Content => {
  const architecture = architectureHere()
  const region = takeRegion(loops[architecture], length)
  let needed: number
  try {
    const content = fill(region, programs, architecture)
    needed = content.table.length
    if (needed <= region.memory.length) return content
  } catch (error) {
    giveBack(region)
    throw error
  }
  giveBack(region)
  return place(programs, needed)
}

/** Programs in memory. */
export class Page {
  readonly #content: Content

  /**
   * Writes programs into memory that children share.
   * @param programs the steps of each, or what makes them when it is known where they will lie
   * @throws SystemCallError, ProgramError
   */
  constructor(programs: readonly (readonly Step[])[] | Programs) {
    this.#content = place(typeof programs === 'function' ? programs : () => programs)
  }

  /**
   * Starts one of the programs as a child, with every signal blocked: a handler of Node's must not run in it.
   * @param how clone flags and the signal for the parent
   * @param pidNamespace a descriptor of the pid namespace to be born in, or a pidfd of a process in it; ours unless told
   * @returns the child's pid
   * @throws SystemCallError
   */
  launch(program: number, how: number, pidNamespace?: number): number {
    const { region, entries } = this.#content
    const { row, stack } = entries[program]!
    const before = new Uint8Array(EVERY_SIGNAL.length)
    sigprocmask(SIG_BLOCK, EVERY_SIGNAL, before)
    try {
      return inPidNamespace(pidNamespace, () => cloneAt(region.address, stack, how, row))
    } finally {
      sigprocmask(SIG_SETMASK, before, null)
    }
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    return this.#content.table.result(step)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    return this.#content.table.time(step)
  }

  /** Lets go of memory in which a child that we do not wait for still runs; the child keeps it. */
  abandon(): void {
    const { address, length } = this.#content.region
    munmap(address, length)
  }

  /** Gives the memory back. No child may run in it any more, and no other method may be called. */
  unmap(): void {
    giveBack(this.#content.region)
  }
}
