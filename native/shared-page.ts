/** A page is memory that Node shares with children. It holds their machine code, their steps, and the results of these. */

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
import { type Architecture, loops, ownArchitecture } from './processor.ts'
import { StepTable } from './step-table.ts'
import type { Range, Step } from './steps.ts'
import { isTracing } from './trace.ts'

const EVERY_SIGNAL = new Uint8Array(128).fill(0xff) // a libc sigset_t

/**
 * Does something while the children of this thread are born in another pid namespace. Node must not start a thread
 * meanwhile, because the kernel refuses a thread whose pid namespace is not that of its process.
 * @param fd a descriptor of the namespace; when it is undefined the children are born in that of this program
 */
const withPidNamespace = <T>(fd: number | undefined, act: () => T): T => {
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

/** A range that begins with machine code. The memory behind the code can be written to. */
type Region = Range & { readonly memory: Buffer }

/** The largest page, in bytes, that Linux has on either processor. Code and writable memory must not share one. */
const CODE_LENGTH = 64 * 1024

// This has room for a few dozen steps and an ordinary environment. The kernel gives no memory for pages that nobody uses.
const USUAL_LENGTH = 256 * 1024

// Regions that no child uses any more are kept for the next child.
const unusedRegions: Region[] = []
const MAX_UNUSED_REGIONS = 4

/**
 * Takes an unused region, or maps a new one.
 * @param code the machine code with which it begins, the same in every call
 * @param length how many bytes of memory behind the code it must have at least
 * @throws SystemCallError
 */
const takeRegion = (code: Uint8Array, length = 0): Region => {
  const unused = CODE_LENGTH + length <= USUAL_LENGTH ? unusedRegions.pop() : undefined
  if (unused) return unused
  const whole = Math.max(CODE_LENGTH + length, USUAL_LENGTH)
  const address = mmap(whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
  const bytes = memoryAt(address, whole)
  bytes.set(code)
  // Memory must never be writable and executable at once. This call also makes arm64 see the new code.
  mprotect(address, CODE_LENGTH, PROT_READ | PROT_EXEC)
  return { address, length: whole, memory: bytes.subarray(CODE_LENGTH) }
}

/** Keeps a region for the next child, or unmaps it. No child may run in it any more. */
const releaseRegion = (region: Region): void => {
  if (region.length === USUAL_LENGTH && unusedRegions.length < MAX_UNUSED_REGIONS) unusedRegions.push(region)
  else munmap(region.address, region.length)
}

type Programs = (range: Range) => readonly (readonly Step[])[]

/** The addresses of a program's first row and of the upper end of its stack. */
type Entry = { readonly firstRow: bigint; readonly stack: bigint }

type Content = { readonly region: Region; readonly table: StepTable; readonly entries: readonly Entry[] }

const writeTable = (region: Region, programs: Programs, architecture: Architecture): Content => {
  const { address, memory } = region
  const table = new StepTable(memory, address + BigInt(CODE_LENGTH), architecture, isTracing())
  const entries = programs(region).map(steps => ({
    firstRow: table.addProgram(steps),
    stack: table.addStack(),
  }))
  return { region, table, entries }
}

/**
 * Writes programs into a region, and into a larger one when they do not fit.
 * @param length how many bytes they need, as far as is known
 */
const writePrograms = (programs: Programs, length?: number): Content => {
  const architecture = ownArchitecture()
  const region = takeRegion(loops[architecture], length)
  let needed: number
  try {
    const content = writeTable(region, programs, architecture)
    needed = content.table.length
    if (needed <= region.memory.length) return content
  } catch (error) {
    releaseRegion(region)
    throw error
  }
  releaseRegion(region)
  return writePrograms(programs, needed)
}

/** Programs in shared memory. */
export class Page {
  readonly #content: Content

  /**
   * Writes programs into memory that is shared with children.
   * @param programs the steps of each program, or a function that makes them for the memory in which they will lie
   * @throws SystemCallError, ProgramError
   */
  constructor(programs: readonly (readonly Step[])[] | Programs) {
    this.#content = writePrograms(typeof programs === 'function' ? programs : () => programs)
  }

  /**
   * Starts one of the programs as a child. Every signal is blocked meanwhile, because a handler of Node's must not run in
   * the child.
   * @param program which one, counted from 0
   * @param flags CLONE_… and the signal that the parent gets when the child ends
   * @param pidNamespace a descriptor of a pid namespace for the child, or a pidfd of a process in it; that of this
   * program by default
   * @returns the child's pid
   * @throws SystemCallError
   */
  launch(program: number, flags: number, pidNamespace?: number): number {
    const { region, entries } = this.#content
    const entry = entries[program]
    if (!entry) throw new Error(`there is no program ${program} in this page`)
    const before = new Uint8Array(EVERY_SIGNAL.length)
    sigprocmask(SIG_BLOCK, EVERY_SIGNAL, before)
    try {
      return withPidNamespace(pidNamespace, () => cloneAt(region.address, entry.stack, flags, entry.firstRow))
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

  /** Unmaps the memory here. A child that still runs in it keeps it. */
  unmapHere(): void {
    const { address, length } = this.#content.region
    munmap(address, length)
  }

  /** Releases the memory for other programs. No child may run in it any more, and no other method may be called. */
  release(): void {
    releaseRegion(this.#content.region)
  }
}
