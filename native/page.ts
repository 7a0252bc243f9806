/** A page of memory with programs in it, shared with the children that run them. */

import { arm64 } from './arm64.ts'
import { assemble, type Image, NO_RESULT } from './assemble.ts'
import type { Encoder } from './encoder.ts'
import { ProgramError } from './errors.ts'
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

type Programs = readonly (readonly Step[])[]

const place = (programs: Programs, region: Region): { region: Region; image: Image } => {
  const image = assemble(encoderHere(), programs, region.address, pageLength(), tracing())
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
   * @throws SystemCallError, ProgramError
   */
  constructor(programs: Programs) {
    const { region, image } = place(programs, takeRegion())
    this.#region = region
    this.#image = image
    image.data.writeTo(region.memory)
    region.memory.set(image.code, image.codeAt)
    // Never to be written and executed at once; the change also makes arm64 see the new code.
    makeExecutable(region, image.codeAt)
  }

  /** Where a program's code begins, and where its stack ends. */
  start(program: number): { readonly code: bigint; readonly stack: bigint } {
    const at = (offset: number): bigint => this.#region.address + BigInt(offset)
    return { code: at(this.#image.entries[program]!), stack: at(this.#image.stacks[program]!) }
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    const value = this.#region.memory.readBigInt64LE(this.#image.result.get(step)!)
    return value === NO_RESULT ? undefined : Number(value)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    const at = this.#image.time.get(step)
    if (at === undefined) return 0n
    const { memory } = this.#region
    return memory.readBigInt64LE(at) * 1_000_000_000n + memory.readBigInt64LE(at + 8)
  }

  /** Gives the memory back. No child may run in it any more, and no other method may be called. */
  unmap(): void {
    giveBack(this.#region)
  }
}
