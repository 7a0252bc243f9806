/** A page of memory with programs in it, shared with the children that run them. */

import { closeSync, openSync } from 'node:fs'
import { arm64 } from './arm64.ts'
import { assemble, type Image, NO_RESULT } from './assemble.ts'
import type { Encoder } from './encoder.ts'
import { cloneAt, munmap, setns, sigprocmask } from './libc.ts'
import { CLONE_NEWPID, SIG_BLOCK, SIG_SETMASK } from './linux.ts'
import { ProgramError } from './program-error.ts'
import { giveBack, makeExecutable, pageLength, type Region, takeRegion } from './region.ts'
import type { Step } from './steps.ts'
import { tracing } from './trace.ts'
import { x64 } from './x64.ts'

const encoders: Readonly<Record<string, Encoder>> = { x64, arm64 }

const encoderHere = (): Encoder => {
  const encoder = encoders[process.arch]
  if (encoder) return encoder
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

type Programs = readonly (readonly Step[])[]

/** Where memory lies, and how many bytes it has. */
export type Range = { readonly address: bigint; readonly length: number }

const assembleIn = (programs: (range: Range) => Programs, region: Region): Image => {
  const { address, memory } = region
  try {
    return assemble(encoderHere(), programs({ address, length: memory.length }), address, pageLength(), tracing())
  } catch (error) {
    giveBack(region)
    throw error
  }
}

const place = (programs: (range: Range) => Programs, region: Region): { region: Region; image: Image } => {
  const image = assembleIn(programs, region)
  const length = image.codeAt + image.code.length
  if (length <= region.memory.length) return { region, image }
  giveBack(region)
  return place(programs, takeRegion(length))
}

/** Programs in memory. */
export class Page {
  readonly #region: Region
  readonly #image: Image

  /**
   * Writes programs into memory that children share.
   * @param programs the steps of each, or what makes them when it is known where they will lie
   * @throws SystemCallError, ProgramError
   */
  constructor(programs: Programs | ((range: Range) => Programs)) {
    const { region, image } = place(typeof programs === 'function' ? programs : () => programs, takeRegion())
    this.#region = region
    this.#image = image
    image.data.writeTo(region.memory)
    region.memory.set(image.code, image.codeAt)
    // Never to be written and executed at once; the change also makes arm64 see the new code.
    makeExecutable(region, image.codeAt)
  }

  /**
   * Starts one of the programs as a child, with every signal blocked: a handler of Node's must not run in it.
   * @param how clone flags and the signal for the parent
   * @param pidNamespace a descriptor of the pid namespace to be born in, or a pidfd of a process in it; ours unless told
   * @returns the child's pid
   * @throws SystemCallError
   */
  launch(program: number, how: number, pidNamespace?: number): number {
    const at = (offset: number): bigint => this.#region.address + BigInt(offset)
    const code = at(this.#image.entries[program]!)
    const stack = at(this.#image.stacks[program]!)
    const before = new Uint8Array(EVERY_SIGNAL.length)
    sigprocmask(SIG_BLOCK, EVERY_SIGNAL, before)
    try {
      return inPidNamespace(pidNamespace, () => cloneAt(code, stack, how))
    } finally {
      sigprocmask(SIG_SETMASK, before, null)
    }
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    const { buffer, byteOffset } = this.#region.memory
    // In one access: a Buffer reads byte by byte, and meanwhile the child may write.
    const [value] = new BigInt64Array(buffer, byteOffset + this.#image.result.get(step)!, 1)
    return value === NO_RESULT ? undefined : Number(value)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    const at = this.#image.time.get(step)
    if (at === undefined) return 0n
    const { memory } = this.#region
    return memory.readBigInt64LE(at) * 1_000_000_000n + memory.readBigInt64LE(at + 8)
  }

  /** Lets go of memory in which a child that we do not wait for still runs; the child keeps it. */
  abandon(): void {
    munmap(this.#region.address, this.#region.memory.length)
  }

  /** Gives the memory back. No child may run in it any more, and no other method may be called. */
  unmap(): void {
    giveBack(this.#region)
  }
}
