/** The part of a page that is not code: arguments at known addresses, results, stacks. */

import { type Argument, cInt, isVector, type Named, show } from './argument.ts'
import { ProgramError } from './program-error.ts'

export const align = (length: number, unit: number): number => Math.ceil(length / unit) * unit

const withNul = (text: string): string => {
  if (!text.includes('\0')) return `${text}\0`
  throw new ProgramError(`${show(text)} has a NUL byte in it: to the kernel it would end there`)
}

/** Memory that grows at its end, and knows the address at which it will lie. */
export class Data {
  length = 0
  readonly #base: bigint
  readonly #parts: [number, Uint8Array][] = []
  // Arguments that are shared, such as the environment in each place along PATH, are one piece of memory.
  readonly #known = new Map<readonly string[] | Uint8Array, bigint>()

  /** @param base the address at which it will lie */
  constructor(base: bigint) {
    this.#base = base
  }

  /** Reserves bytes, 8 by 8, and says where from the start. */
  reserve(length: number): number {
    const at = this.length
    this.length = at + align(length, 8)
    return at
  }

  /** Puts bytes down and says where from the start. */
  place(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length)
    this.#parts.push([at, bytes])
    return at
  }

  /**
   * What goes into a register for an argument: itself, or the address of a copy.
   * @throws ProgramError for a NUL in a string, and for a number that is no C int
   */
  word(call: string, argument: Argument): bigint {
    if (argument === null) return 0n
    if (typeof argument === 'bigint') return argument
    if (typeof argument === 'number') return BigInt(cInt(call, argument))
    if (typeof argument === 'string') return this.#addressOf(Buffer.from(withNul(argument)))
    if (argument instanceof Uint8Array) return this.#once(argument, () => this.#addressOf(argument))
    if (isVector(argument)) return this.#once(argument, () => this.#vector(argument))
    return BigInt(cInt(call, (argument as Named).value))
  }

  /** Writes all that was put down; what was only reserved stays as the memory is. */
  writeTo(memory: Uint8Array): void {
    for (const [at, bytes] of this.#parts) memory.set(bytes, at)
  }

  #addressOf(bytes: Uint8Array): bigint {
    return this.#base + BigInt(this.place(bytes))
  }

  #once(argument: readonly string[] | Uint8Array, put: () => bigint): bigint {
    const address = this.#known.get(argument) ?? put()
    this.#known.set(argument, address)
    return address
  }

  #vector(strings: readonly string[]): bigint {
    let next = this.#addressOf(Buffer.from(strings.map(withNul).join('')))
    const pointers = strings.map(text => {
      const address = next
      next += BigInt(Buffer.byteLength(text) + 1)
      return address
    })
    return this.#addressOf(new Uint8Array(BigUint64Array.from([...pointers, 0n]).buffer))
  }
}
