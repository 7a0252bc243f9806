/** A page of memory with programs in it, shared with the children that run them. */

import { arm64 } from './arm64.ts'
import { assemble, type Image, NOT_REACHED } from './assemble.ts'
import type { Encoder } from './encoder.ts'
import { ProgramError } from './errors.ts'
import { memoryAt } from './ffi.ts'
import { mmap, mprotect, munmap } from './libc.ts'
import { MAP_ANONYMOUS, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from './linux.ts'
import type { Step } from './steps.ts'
import { tracing } from './trace.ts'
import { x64 } from './x64.ts'

const encoders: Readonly<Record<string, Encoder>> = { x64, arm64 }

const encoderHere = (): Encoder => {
  const encoder = encoders[process.arch]
  if (encoder) return encoder
  throw new ProgramError(`this processor is ${process.arch}: the child's machine code is written for x64 and arm64`)
}

/** Programs in memory. */
export class Page {
  readonly #address: bigint
  readonly #image: Image
  readonly #memory: Buffer

  /**
   * Writes programs into memory that children share.
   * @throws SystemCallError
   */
  constructor(programs: readonly (readonly Step[])[]) {
    const encoder = encoderHere()
    const { length } = assemble(encoder, programs, 0n, tracing()).bytes
    this.#address = mmap(length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)
    this.#image = assemble(encoder, programs, this.#address, tracing())
    this.#memory = memoryAt(this.#address, length)
    this.#memory.set(this.#image.bytes)
    // Never writable and executable at once; it also makes arm64 see the new code.
    const { codeAt } = this.#image
    mprotect(this.#address + BigInt(codeAt), length - codeAt, PROT_READ | PROT_EXEC)
  }

  /** Where a program's code begins, and where its stack ends. */
  start(program: number): { readonly code: bigint; readonly stack: bigint } {
    const at = (offset: number): bigint => this.#address + BigInt(offset)
    return { code: at(this.#image.entries[program]!), stack: at(this.#image.stacks[program]!) }
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    const value = this.#memory.readBigInt64LE(this.#image.result.get(step)!)
    return value === NOT_REACHED ? undefined : Number(value)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    const at = this.#image.time.get(step)
    if (at === undefined) return 0n
    return this.#memory.readBigInt64LE(at) * 1_000_000_000n + this.#memory.readBigInt64LE(at + 8)
  }

  /** Gives the memory back. No child may run in it any more, and no other method may be called. */
  unmap(): void {
    munmap(this.#address, this.#memory.length)
  }
}
