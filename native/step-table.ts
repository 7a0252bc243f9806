/** Programs as a child reads them: a table with a row for each system call, and the memory its arguments point to. */

import { constants } from 'node:os'
import { type Argument, cInt, isVector, type Named, show } from './argument.ts'
import { type Architecture, MAX_ERRNO, type SystemCall, systemCalls } from './processor.ts'
import { ProgramError } from './program-error.ts'
import type { Step } from './steps.ts'

// A row, in words of 8 bytes. The loops in processor.ts know it too.
const NUMBER = 0
const ARGUMENTS = 1 // six
const RESULT = 7
const MINIMUM_RESULT = 8 // a result below it is a failure
const TOLERATED = 9 // three results that are as good
const ONLY_AFTER = 12 // where a result is that must be 0, or the row is left out
const CHILD = 13 // where the first row is of the child that this row makes
const ROW = 14

const MOST_TOLERATED = 3
const WORD = 8
const STACK = 4096 // more than enough: the child calls no function
const STACK_ALIGNMENT = 16
const CLOCK_MONOTONIC = 1

/** No system call returns this: it stands in the place of a result until there is one. */
const NO_RESULT = -(2n ** 63n)

/** A row without anything in it. */
const BLANK = new BigInt64Array(ROW)
  .fill(NO_RESULT, RESULT, RESULT + 1)
  .fill(NO_RESULT, TOLERATED, TOLERATED + MOST_TOLERATED)

const errnoOf = (name: string): number => (constants.errno as Record<string, number>)[name]!

const refuseNul = (text: string): void => {
  if (text.includes('\0'))
    throw new ProgramError(`${show(text)} has a NUL byte in it: to the kernel it would end there`)
}

const roundUp = (length: number, unit: number): number => Math.ceil(length / unit) * unit

/** Steps in memory, in the form in which a child does them, and what became of them. */
export class Table {
  /** bytes that it takes; where there are fewer, not all of it is there, and it must not be used */
  length = 0
  readonly #memory: Buffer
  readonly #words: BigInt64Array
  readonly #address: bigint
  readonly #numbers: (call: SystemCall) => number
  readonly #timed: boolean
  readonly #rows = new Map<Step, number>()
  readonly #times = new Map<Step, number>()
  readonly #onlyAfter = new Map<Step, bigint>()
  // Arguments that are shared, such as the environment in each place along PATH, are one piece of memory.
  readonly #known = new Map<readonly string[] | Uint8Array, bigint>()

  /**
   * @param memory where to write
   * @param address where a child finds that memory
   * @param timed whether each step notes the time at which it is begun
   */
  constructor(memory: Buffer, address: bigint, architecture: Architecture, timed: boolean) {
    this.#memory = memory
    this.#words = new BigInt64Array(memory.buffer, memory.byteOffset, memory.length / WORD)
    this.#address = address
    this.#numbers = call => systemCalls[call][architecture]
    this.#timed = timed
  }

  /**
   * Writes a program and, behind it, the children that it makes. A step's `undo`, in a later program, is done only if
   * the step succeeded.
   * @returns the address of its first row
   * @throws ProgramError for what the kernel would not take as it is
   */
  program(steps: readonly Step[]): bigint {
    const rows = steps.length * (this.#timed ? 2 : 1) + 1
    const first = this.#reserve(rows * ROW * WORD)
    let row = first / WORD
    const add = (step: Step): number => {
      this.#row(step, row)
      row += ROW
      return row - ROW
    }
    for (const step of steps) {
      if (this.#timed) add(this.#clock(step))
      this.#rows.set(step, add(step))
    }
    add({ call: 'exit_group', arguments: [0] })
    for (const step of steps) if (step.child) this.#words[this.#rows.get(step)! + CHILD] = this.program(step.child)
    return this.#at(first)
  }

  /** Room for a program's stack. Returns the address of its upper end. */
  stack(): bigint {
    return this.#at(roundUp(this.#reserve(STACK) + STACK - STACK_ALIGNMENT, STACK_ALIGNMENT))
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    const value = this.#words[this.#rows.get(step)! + RESULT]!
    return value === NO_RESULT ? undefined : Number(value)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    const at = this.#times.get(step)
    return at === undefined ? 0n : this.#words[at]! * 1_000_000_000n + this.#words[at + 1]!
  }

  #row(step: Step, row: number): void {
    const { call, toleratedErrors, minimumResult, undo } = step
    const words = this.#words
    if (this.#fits()) words.set(BLANK, row)
    words[row + NUMBER] = BigInt(this.#numbers(call))
    let argument = row + ARGUMENTS
    for (const value of step.arguments) words[argument++] = this.#word(call, value)
    if (toleratedErrors === 'any') words[row + MINIMUM_RESULT] = BigInt(-MAX_ERRNO)
    else if (minimumResult) words[row + MINIMUM_RESULT] = BigInt(minimumResult)
    if (Array.isArray(toleratedErrors)) this.#tolerate(toleratedErrors, row + TOLERATED)
    const onlyAfter = this.#onlyAfter.get(step)
    if (onlyAfter) words[row + ONLY_AFTER] = onlyAfter
    if (undo) for (const back of undo) this.#onlyAfter.set(back, this.#at((row + RESULT) * WORD))
  }

  #tolerate(errnos: readonly string[], at: number): void {
    if (errnos.length > MOST_TOLERATED)
      throw new ProgramError(`${errnos.join(', ')}: a step can proceed on ${MOST_TOLERATED} failures, or on any`)
    for (const name of errnos) this.#words[at++] = BigInt(-errnoOf(name))
  }

  /** Notes the time just before a step. */
  #clock(step: Step): Step {
    const at = this.#reserve(2 * WORD)
    this.#words.fill(0n, at / WORD, at / WORD + 2)
    this.#times.set(step, at / WORD)
    const clock: Step = { call: 'clock_gettime', arguments: [CLOCK_MONOTONIC, this.#at(at)] }
    const onlyAfter = this.#onlyAfter.get(step)
    if (onlyAfter !== undefined) this.#onlyAfter.set(clock, onlyAfter)
    return clock
  }

  /**
   * What goes into a register for an argument: itself, or the address of a copy.
   * @throws ProgramError for a NUL in a string, and for a number that is no C int
   */
  #word(call: string, argument: Argument): bigint {
    if (argument === null) return 0n
    if (typeof argument === 'bigint') return argument
    if (typeof argument === 'number') return BigInt(cInt(call, argument))
    if (typeof argument === 'string') return this.#string(argument)
    if (argument instanceof Uint8Array) return this.#once(argument, () => this.#bytes(argument))
    if (isVector(argument)) return this.#once(argument, () => this.#vector(argument))
    return BigInt(cInt(call, (argument as Named).value))
  }

  #once(argument: readonly string[] | Uint8Array, put: () => bigint): bigint {
    const address = this.#known.get(argument) ?? put()
    this.#known.set(argument, address)
    return address
  }

  #string(text: string): bigint {
    refuseNul(text)
    return this.#text(`${text}\0`)
  }

  #vector(strings: readonly string[]): bigint {
    if (strings.join('').includes('\0')) strings.forEach(refuseNul)
    let next = this.#text(`${strings.join('\0')}\0`)
    let at = this.#reserve((strings.length + 1) * WORD) / WORD
    const vector = this.#at(at * WORD)
    for (const string of strings) {
      this.#words[at++] = next
      next += BigInt(Buffer.byteLength(string) + 1)
    }
    this.#words[at] = 0n
    return vector
  }

  #text(text: string): bigint {
    const length = Buffer.byteLength(text)
    const at = this.#reserve(length)
    if (this.#fits()) this.#memory.write(text, at, length)
    return this.#at(at)
  }

  #bytes(bytes: Uint8Array): bigint {
    const at = this.#reserve(bytes.length)
    if (this.#fits()) this.#memory.set(bytes, at)
    return this.#at(at)
  }

  // A word that is written behind the end goes nowhere; of the rest Node makes an error.
  #fits(): boolean {
    return this.length <= this.#memory.length
  }

  /** Takes bytes, a whole number of words. Returns where from the start. */
  #reserve(length: number): number {
    const at = this.length
    this.length = at + roundUp(length, WORD)
    return at
  }

  #at(offset: number): bigint {
    return this.#address + BigInt(offset)
  }
}
