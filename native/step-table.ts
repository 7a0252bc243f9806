/** The table that a child reads: a row for each system call, and the memory to which the arguments point. */

import { constants } from 'node:os'
import { type Argument, checkCInt, isVector, type Named, showArgument } from './argument.ts'
import { type Architecture, MAX_ERRNO, type SystemCall, systemCalls } from './processor.ts'
import { ProgramError } from './program-error.ts'
import type { ErrnoName, Step } from './steps.ts'

// The words of a row, 8 bytes each. The loops in processor.ts use the same places.
const NUMBER = 0
const ARGUMENTS = 1 // six
const RESULT = 7
const MINIMUM_RESULT = 8 // a result below it is a failure
const TOLERATED = 9 // three results that are failures but do not end the child
const ONLY_AFTER = 12 // the address of a result; unless that is 0 the row is skipped
const CHILD = 13 // the address of the first row of the child that this row makes
const WORDS = 14

const MOST_TOLERATED = 3
const WORD = 8
const STACK_BYTES = 4096 // more than enough, because the child calls no function
const STACK_ALIGNMENT = 16
const CLOCK_MONOTONIC = 1

/** This stands in the place of a result until there is one. No system call returns it. */
const NO_RESULT = -(2n ** 63n)

/** An empty row. */
const BLANK = new BigInt64Array(WORDS)
  .fill(NO_RESULT, RESULT, RESULT + 1)
  .fill(NO_RESULT, TOLERATED, TOLERATED + MOST_TOLERATED)

const refuseNul = (text: string): void => {
  if (text.includes('\0'))
    throw new ProgramError(`${showArgument(text)} has a NUL byte in it: to the kernel it would end there`)
}

const roundUp = (length: number, unit: number): number => Math.ceil(length / unit) * unit

/** Steps in memory as a child reads them, and their results. */
export class StepTable {
  /**
   * how many bytes the table needs. A table that needs more than its memory has is incomplete and must not be used, but
   * this still tells how much memory it would take.
   */
  length = 0
  readonly #memory: Buffer
  readonly #words: BigInt64Array
  readonly #address: bigint
  readonly #numbers: (call: SystemCall) => number
  readonly #timed: boolean
  readonly #rows = new Map<Step, number>()
  readonly #times = new Map<Step, number>()
  readonly #onlyAfter = new Map<Step, bigint>()
  // An argument of several steps, such as the environment of every execve along PATH, is written once.
  readonly #addresses = new Map<readonly string[] | Uint8Array, bigint>()

  /**
   * @param memory the memory to write to
   * @param address its address
   * @param timed whether the child notes when it begins each step
   */
  constructor(memory: Buffer, address: bigint, architecture: Architecture, timed: boolean) {
    this.#memory = memory
    this.#words = new BigInt64Array(memory.buffer, memory.byteOffset, memory.length / WORD)
    this.#address = address
    this.#numbers = call => systemCalls[call][architecture]
    this.#timed = timed
  }

  /**
   * Writes a program and, behind it, the programs of the children that it makes. The steps that undo a step may be in a
   * later program, and are skipped there unless that step has succeeded.
   * @returns the address of its first row
   * @throws ProgramError for what the kernel would not take as it is
   */
  addProgram(steps: readonly Step[]): bigint {
    const rows = steps.length * (this.#timed ? 2 : 1) + 1
    const first = this.#reserve(rows * WORDS * WORD)
    let row = first / WORD
    const add = (step: Step): number => {
      this.#writeRow(step, row)
      row += WORDS
      return row - WORDS
    }
    for (const step of steps) {
      if (this.#timed) add(this.#clockStep(step))
      this.#rows.set(step, add(step))
    }
    add({ call: 'exit_group', arguments: [0] })
    for (const step of steps) if (step.child) this.#write(this.#rowOf(step) + CHILD, this.addProgram(step.child))
    return this.#addressOf(first)
  }

  /** Reserves memory for a program's stack. Returns the address of its upper end. */
  addStack(): bigint {
    return this.#addressOf(roundUp(this.#reserve(STACK_BYTES) + STACK_BYTES - STACK_ALIGNMENT, STACK_ALIGNMENT))
  }

  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined {
    const value = this.#words[this.#rowOf(step) + RESULT]
    return value === undefined || value === NO_RESULT ? undefined : Number(value)
  }

  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint {
    const at = this.#times.get(step)
    const [seconds = 0n, nanoseconds = 0n] = at === undefined ? [] : this.#words.subarray(at, at + 2)
    return seconds * 1_000_000_000n + nanoseconds
  }

  #writeRow(step: Step, row: number): void {
    const { call, toleratedErrors, minimumResult, undo } = step
    if (this.#fits()) this.#words.set(BLANK, row)
    this.#write(row + NUMBER, BigInt(this.#numbers(call)))
    let argument = row + ARGUMENTS
    for (const value of step.arguments) this.#write(argument++, this.#word(call, value))
    if (toleratedErrors === 'any') this.#write(row + MINIMUM_RESULT, BigInt(-MAX_ERRNO))
    else if (minimumResult) this.#write(row + MINIMUM_RESULT, BigInt(minimumResult))
    if (toleratedErrors && toleratedErrors !== 'any') this.#writeTolerated(toleratedErrors, row + TOLERATED)
    const onlyAfter = this.#onlyAfter.get(step)
    if (onlyAfter) this.#write(row + ONLY_AFTER, onlyAfter)
    if (undo) for (const undoStep of undo) this.#onlyAfter.set(undoStep, this.#addressOf((row + RESULT) * WORD))
  }

  #writeTolerated(errnos: readonly ErrnoName[], at: number): void {
    if (errnos.length > MOST_TOLERATED)
      throw new ProgramError(`${errnos.join(', ')}: a step can tolerate ${MOST_TOLERATED} errors, or any`)
    for (const name of errnos) this.#write(at++, BigInt(-constants.errno[name]))
  }

  /** The step before a timed step, which notes the time. */
  #clockStep(step: Step): Step {
    const at = this.#reserve(2 * WORD)
    this.#write(at / WORD, 0n)
    this.#write(at / WORD + 1, 0n)
    this.#times.set(step, at / WORD)
    const clock: Step = { call: 'clock_gettime', arguments: [CLOCK_MONOTONIC, this.#addressOf(at)] }
    const onlyAfter = this.#onlyAfter.get(step)
    if (onlyAfter !== undefined) this.#onlyAfter.set(clock, onlyAfter)
    return clock
  }

  /**
   * What the child puts into a register for an argument: the number itself, or the address of a copy in this memory.
   * @throws ProgramError for a NUL in a string, and for a number that is not a C int
   */
  #word(call: string, argument: Argument): bigint {
    if (argument === null) return 0n
    if (typeof argument === 'bigint') return argument
    if (typeof argument === 'number') return BigInt(checkCInt(call, argument))
    if (typeof argument === 'string') return this.#writeString(argument)
    if (argument instanceof Uint8Array) return this.#writeOnce(argument, () => this.#writeBytes(argument))
    if (isVector(argument)) return this.#writeOnce(argument, () => this.#writeVector(argument))
    return BigInt(checkCInt(call, (argument as Named).value))
  }

  #writeOnce(argument: readonly string[] | Uint8Array, write: () => bigint): bigint {
    const address = this.#addresses.get(argument) ?? write()
    this.#addresses.set(argument, address)
    return address
  }

  #writeString(text: string): bigint {
    refuseNul(text)
    return this.#writeText(`${text}\0`)
  }

  #writeVector(strings: readonly string[]): bigint {
    if (strings.join('').includes('\0')) strings.forEach(refuseNul)
    let next = this.#writeText(`${strings.join('\0')}\0`)
    let at = this.#reserve((strings.length + 1) * WORD) / WORD
    const vector = this.#addressOf(at * WORD)
    for (const string of strings) {
      this.#write(at++, next)
      next += BigInt(Buffer.byteLength(string) + 1)
    }
    this.#write(at, 0n)
    return vector
  }

  #writeText(text: string): bigint {
    const length = Buffer.byteLength(text)
    const at = this.#reserve(length)
    if (this.#fits()) this.#memory.write(text, at, length)
    return this.#addressOf(at)
  }

  #writeBytes(bytes: Uint8Array): bigint {
    const at = this.#reserve(bytes.length)
    if (this.#fits()) this.#memory.set(bytes, at)
    return this.#addressOf(at)
  }

  /** Writes a word, unless the table does not fit into its memory. */
  #write(index: number, word: bigint): void {
    if (this.#fits()) this.#words[index] = word
  }

  #fits(): boolean {
    return this.length <= this.#memory.length
  }

  /** Reserves memory, a whole number of words. Returns its distance from the start, in bytes. */
  #reserve(length: number): number {
    const at = this.length
    this.length = at + roundUp(length, WORD)
    return at
  }

  #rowOf(step: Step): number {
    const row = this.#rows.get(step)
    if (row === undefined) throw new Error(`${step.call} is not a step of this table`)
    return row
  }

  #addressOf(offset: number): bigint {
    return this.#address + BigInt(offset)
  }
}
