/** Turns steps into a page of memory: machine code, the arguments it points at, and a place for each result. */

import { constants } from 'node:os'
import type { Argument, Named } from './argument.ts'
import type { Encoder } from './encoder.ts'
import { RUNTIME_FAILED } from './errors.ts'
import type { Step } from './steps.ts'
import { systemCalls } from './system-calls.ts'

// The largest page a Linux kernel has on either processor: code must not share one with data.
const PAGE = 65536
const STACK = 4096 // more than enough: the child calls no function

/** What stands in the place of a result until there is one. */
export const NOT_REACHED = -(2n ** 63n)

const CLOCK_MONOTONIC = 1n

/** A page that is ready to run, and where things are in it, in bytes from its start. */
export type Image = {
  readonly bytes: Uint8Array
  /** from here to its end it is code, and nothing else is */
  readonly codeAt: number
  /** where each program begins */
  readonly entries: readonly number[]
  /** where a step's result will stand, and the time in seconds and nanoseconds when it was begun */
  readonly result: ReadonlyMap<Step, number>
  readonly time: ReadonlyMap<Step, number>
  /** the stack of each program, its upper end */
  readonly stacks: readonly number[]
}

const align = (length: number, unit: number): number => Math.ceil(length / unit) * unit

const isVector = (argument: Argument): argument is readonly string[] => Array.isArray(argument)

/** Memory that grows at its end, and knows the address at which it will lie. */
class Data {
  readonly #parts: [number, Uint8Array][] = []
  readonly #base: bigint
  length = 0

  constructor(base: bigint) {
    this.#base = base
  }

  /** Reserves zeroed bytes, 8 by 8, and says where. */
  reserve(length: number): number {
    const at = this.length
    this.length = at + align(length, 8)
    return at
  }

  place(bytes: Uint8Array): bigint {
    const at = this.reserve(bytes.length)
    this.#parts.push([at, bytes])
    return this.#base + BigInt(at)
  }

  writeTo(memory: Uint8Array): void {
    for (const [at, bytes] of this.#parts) memory.set(bytes, at)
  }

  /** What goes into a register for an argument: itself, or the address of a copy. */
  word(argument: Argument): bigint {
    if (argument === null) return 0n
    if (typeof argument === 'bigint') return argument
    if (typeof argument === 'number') return BigInt(argument)
    if (typeof argument === 'string') return this.place(Buffer.from(`${argument}\0`))
    if (argument instanceof Uint8Array) return this.place(argument)
    if (isVector(argument)) return this.#vector(argument)
    return BigInt((argument as Named).value)
  }

  #vector(strings: readonly string[]): bigint {
    const pointers = [...strings.map(text => this.word(text)), 0n]
    return this.place(new Uint8Array(BigUint64Array.from(pointers).buffer))
  }
}

const join = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts)

const errnoOf = (name: string): number => (constants.errno as Record<string, number>)[name]!

/** What comes after a call: on to the next step, or to the end of the program. */
const assembleChecks = (encoder: Encoder, { proceedOn = [], expects }: Step, toFailure: number): Uint8Array => {
  if (proceedOn === 'any') return new Uint8Array()
  let checks = encoder.jump(expects === undefined ? 'failed' : { isNot: expects }, toFailure)
  for (const name of proceedOn) checks = join(encoder.jump({ is: -errnoOf(name) }, checks.length), checks)
  return checks
}

/** The code of one step. `toFailure` is the way from its end to where a child ends that cannot go on. */
const assembleStep = (encoder: Encoder, step: Step, words: Words, toFailure: number): Uint8Array => {
  const checks = assembleChecks(encoder, step, toFailure)
  const code = join(
    words.time === undefined
      ? new Uint8Array()
      : encoder.systemCall(systemCalls.clock_gettime[encoder.architecture], [CLOCK_MONOTONIC, words.time]),
    encoder.systemCall(systemCalls[step.call][encoder.architecture], words.arguments),
    encoder.store(words.result),
    checks,
  )
  if (words.onlyAfter === undefined) return code
  return join(encoder.load(words.onlyAfter), encoder.jump({ isNot: 0 }, code.length), code)
}

/** Addresses and values for one step. */
type Words = {
  readonly arguments: readonly bigint[]
  readonly result: bigint
  readonly time: bigint | undefined
  readonly onlyAfter: bigint | undefined
}

const exit = (encoder: Encoder, code: number): Uint8Array =>
  encoder.systemCall(systemCalls.exit_group[encoder.architecture], [BigInt(code)])

/** From the last step to the first, so that the way to the end is known at each. */
const assembleProgram = (encoder: Encoder, steps: readonly Step[], words: (step: Step) => Words): Uint8Array => {
  const failure = exit(encoder, RUNTIME_FAILED)
  let code = join(exit(encoder, 0), failure)
  for (const step of [...steps].reverse()) {
    const toFailure = code.length - failure.length
    code = join(assembleStep(encoder, step, words(step), toFailure), code)
  }
  return code
}

/**
 * Lays programs out for one address: arguments, results and stacks first, then the code. The result has the same
 * length for every address.
 * @param programs for each program its steps; a step's `undo`, in a later program, is done only if the step succeeded
 * @param base the address at which the bytes will lie
 * @param timed whether each step notes the time at which it is begun
 */
export const assemble = (
  encoder: Encoder,
  programs: readonly (readonly Step[])[],
  base: bigint,
  timed = false,
): Image => {
  const steps = programs.flat()
  const data = new Data(base)
  const result = new Map(steps.map(step => [step, data.reserve(8)]))
  const time = new Map(timed ? steps.map(step => [step, data.reserve(16)]) : [])
  const undone = new Map(steps.flatMap(step => (step.undo ? [[step.undo, step] as const] : [])))
  const addressIn = (map: ReadonlyMap<Step, number>, step: Step | undefined): bigint | undefined => {
    const at = step && map.get(step)
    return at === undefined ? undefined : base + BigInt(at)
  }
  const words = (step: Step): Words => ({
    arguments: step.arguments.map(argument => data.word(argument)),
    result: addressIn(result, step)!,
    time: addressIn(time, step),
    onlyAfter: addressIn(result, undone.get(step)),
  })
  const codes = programs.map(program => assembleProgram(encoder, program, words))
  const stacks = programs.map(() => align(data.reserve(STACK), 16) + STACK - 16)
  const codeAt = align(data.length, PAGE)
  const entries = codes.map((_, index) => codes.slice(0, index).reduce((at, code) => at + code.length, codeAt))
  const bytes = new Uint8Array(align(codeAt + codes.reduce((length, code) => length + code.length, 0), PAGE))
  const view = new DataView(bytes.buffer)
  for (const at of result.values()) view.setBigInt64(at, NOT_REACHED, true)
  data.writeTo(bytes)
  for (const [index, code] of codes.entries()) bytes.set(code, entries[index])
  return { bytes, codeAt, entries, stacks, result, time }
}
