/** Turns steps into a page of memory: machine code, the arguments it points at, and a place for each result. */

import { constants } from 'node:os'
import { Code } from './code.ts'
import { align, Data } from './data.ts'
import type { Encoder, Hole } from './encoder.ts'
import { RUNTIME_FAILED } from './program-error.ts'
import type { Step } from './steps.ts'
import { type SystemCall, systemCalls } from './system-calls.ts'

const STACK = 4096 // more than enough: the child calls no function
const STACK_ALIGNMENT = 16

/** No system call returns this. */
export const NO_RESULT = -(2n ** 63n)

/** What stands in the place of a result until there is one. */
const NOT_REACHED = new Uint8Array(BigInt64Array.of(NO_RESULT).buffer)

const CLOCK_MONOTONIC = 1n

/** Programs that are ready to run, and where things are, in bytes from the start. */
export type Image = {
  readonly data: Data
  /** from here on it is code, and nothing else is */
  readonly codeAt: number
  readonly code: Uint8Array
  /** where each program begins */
  readonly entries: readonly number[]
  /** the stack of each program, its upper end */
  readonly stacks: readonly number[]
  /** where a step's result will stand, and the time in seconds and nanoseconds when it was begun */
  readonly result: ReadonlyMap<Step, number>
  readonly time: ReadonlyMap<Step, number>
}

/** Addresses and values for one step. */
type Words = {
  readonly arguments: readonly bigint[]
  readonly result: bigint
  readonly time: bigint | undefined
  readonly onlyAfter: bigint | undefined
}

const errnoOf = (name: string): number => (constants.errno as Record<string, number>)[name]!

/** Writes programs one after the other, for one processor. */
class Assembler {
  readonly code = new Code()
  readonly #encoder: Encoder
  readonly #children: { hole: Hole; child: readonly Step[] }[] = []

  constructor(encoder: Encoder) {
    this.#encoder = encoder
  }

  /** Writes a program and says where it begins. */
  program(steps: readonly Step[], words: (step: Step) => Words): number {
    const entry = this.code.length
    const failures = steps.flatMap(step => this.#step(step, words(step)))
    this.#call('exit_group', [0n])
    this.#land(failures)
    this.#call('exit_group', [BigInt(RUNTIME_FAILED)])
    for (const { hole, child } of this.#children.splice(0)) {
      this.#encoder.land(this.code, hole)
      this.program(child, words)
    }
    return entry
  }

  /** Writes a step. Returns the jumps to take when it fails. */
  #step(step: Step, words: Words): Hole[] {
    const undone = words.onlyAfter === undefined ? [] : this.#unlessZero(words.onlyAfter)
    if (words.time !== undefined) this.#call('clock_gettime', [CLOCK_MONOTONIC, words.time])
    this.#call(step.call, words.arguments)
    // Both come back from clone, in one memory: the child must be off before it would note a result.
    if (step.child) this.#children.push({ hole: this.#encoder.jump(this.code, { is: 0 }), child: step.child })
    this.#encoder.store(this.code, words.result)
    const { tolerated, failed } = this.#checks(step)
    this.#land([...undone, ...tolerated])
    return failed
  }

  #checks({ proceedOn = [], expects }: Step): { tolerated: Hole[]; failed: Hole[] } {
    if (proceedOn === 'any') return { tolerated: [], failed: [] }
    const tolerated = proceedOn.map(name => this.#encoder.jump(this.code, { is: -errnoOf(name) }))
    const failed = this.#encoder.jump(this.code, expects === undefined ? 'failed' : { isNot: expects })
    return { tolerated, failed: [failed] }
  }

  #unlessZero(address: bigint): Hole[] {
    this.#encoder.load(this.code, address)
    return [this.#encoder.jump(this.code, { isNot: 0 })]
  }

  #call(name: SystemCall, args: readonly bigint[]): void {
    this.#encoder.systemCall(this.code, systemCalls[name][this.#encoder.architecture], args)
  }

  #land(holes: readonly Hole[]): void {
    for (const hole of holes) this.#encoder.land(this.code, hole)
  }
}

/** Steps, and the steps of the children they make. */
export const withChildren = (steps: readonly Step[]): Step[] =>
  steps.flatMap(step => [step, ...withChildren(step.child ?? [])])

/**
 * Lays programs out for one address: arguments, results and stacks first, then the code. Their length is the same for
 * every address.
 * @param programs for each program its steps; a step's `undo`, in a later program, is done only if the step succeeded
 * @param base the address at which the bytes will lie
 * @param pageSize the kernel's, in bytes: code must not share a page with data
 * @param timed whether each step notes the time at which it is begun
 * @throws ProgramError for what machine code cannot say
 */
export const assemble = (
  encoder: Encoder,
  programs: readonly (readonly Step[])[],
  base: bigint,
  pageSize: number,
  timed = false,
): Image => {
  const steps = programs.flatMap(withChildren)
  const data = new Data(base)
  const result = new Map(steps.map(step => [step, data.place(NOT_REACHED)]))
  const time = new Map(timed ? steps.map(step => [step, data.place(new Uint8Array(16))]) : [])
  const undone = new Map(steps.flatMap(step => (step.undo ?? []).map(undo => [undo, step] as const)))
  const addressIn = (map: ReadonlyMap<Step, number>, step: Step | undefined): bigint | undefined => {
    const at = step && map.get(step)
    return at === undefined ? undefined : base + BigInt(at)
  }
  const words = (step: Step): Words => ({
    arguments: step.arguments.map(argument => data.word(step.call, argument)),
    result: addressIn(result, step)!,
    time: addressIn(time, step),
    onlyAfter: addressIn(result, undone.get(step)),
  })
  const assembler = new Assembler(encoder)
  const starts = programs.map(program => assembler.program(program, words))
  const stacks = programs.map(() => align(data.reserve(STACK) + STACK - STACK_ALIGNMENT, STACK_ALIGNMENT))
  const codeAt = align(data.length, pageSize)
  const entries = starts.map(start => codeAt + start)
  return { data, codeAt, code: assembler.code.bytes(), entries, stacks, result, time }
}
