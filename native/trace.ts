/** SKDOCKER_TRACE=1: every call of this program and of its children as it happened, a line each, as strace(1) has them. */

import { writeSync } from 'node:fs'
import { showCall, signalName } from './argument.ts'
import { hasExecuted, haveStepsEnded } from './process-state.ts'
import type { Step, StepResults } from './steps.ts'
import { errnoText } from './system-call-error.ts'

let on = !['', '0'].includes(process.env.SKDOCKER_TRACE ?? '')

/** Whether calls are being traced. */
export const tracing = (): boolean => on

/** Traces from here on. */
export const startTracing = (): void => {
  on = true
}

type Child = { readonly pid: number; readonly left: Step[]; readonly results: StepResults }

const children = new Map<number, Child>()

const STDERR = 2
const print = (pid: number, text: string): void => void writeSync(STDERR, `[pid ${pid}] ${text}\n`)

const returned = (result: number | bigint | string): string => {
  if (typeof result !== 'number' || result >= 0)
    return typeof result === 'bigint' ? `0x${result.toString(16)}` : `${result}`
  return `-1 ${errnoText(-result)}`
}

/** A call of a child that succeeded never returns if it was exec: the process itself tells. */
const resultOf = ({ pid, results }: Child, step: Step): number | undefined => {
  const result = results.result(step)
  if (result !== undefined || step.call !== 'execve' || results.time(step) === 0n) return result
  return hasExecuted(pid) ? 0 : undefined
}

/** What a child has done since the last look; a step that was left out, because it had nothing to undo, is passed over. */
const newLines = (child: Child): { time: bigint; pid: number; text: string }[] => {
  const done = child.left.flatMap(step => {
    const result = resultOf(child, step)
    return result === undefined ? [] : [{ step, result }]
  })
  for (const { step } of done) child.left.splice(child.left.indexOf(step), 1)
  return done.map(({ step, result }) => ({
    time: child.results.time(step),
    pid: child.pid,
    text: `${showCall(step.call, step.arguments)} = ${returned(result)}`,
  }))
}

/** Prints what the children have done, in the order in which they did it. */
export const traceChildren = (): void => {
  const lines = [...children.values()].flatMap(newLines)
  lines.sort((a, b) => (a.time < b.time ? -1 : 1))
  for (const { pid, text } of lines) print(pid, text)
}

/**
 * Prints a call of this program.
 * @param result what it returned, minus errno where it failed
 */
export const traceCall = (call: string, result: number | bigint | string): void => {
  if (!on) return
  traceChildren()
  print(process.pid, `${call} = ${returned(result)}`)
}

/** Follows a child from here on. */
export const traceChild = (pid: number, steps: readonly Step[], results: StepResults): void => {
  if (on) children.set(pid, { pid, left: [...steps], results })
}

/** Waits until all that can be seen of a child's steps is printed. */
export const traceUntilSettled = async (pid: number): Promise<void> => {
  const child = children.get(pid)
  if (!child) return
  while (!haveStepsEnded(pid, child.left, child.results)) await new Promise(resolve => setImmediate(resolve))
  traceChildren()
}

/** Prints how a child ended and lets go of it. */
export const traceEnd = (pid: number, status: number): void => {
  if (!children.has(pid)) return
  traceChildren()
  children.delete(pid)
  const signal = status & 0x7f
  print(pid, signal ? `+++ killed by ${signalName(signal)} +++` : `+++ exited with ${status >> 8} +++`)
}
