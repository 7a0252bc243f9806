/** --trace and SKDOCKER_TRACE=1 print every system call of a child, and those that this program makes for it, a line each as strace(1) does. */

import { octal, showCall, signalName } from './argument.ts'
import { say } from './output.ts'
import { hasExecuted, haveStepsEnded } from './process-state.ts'
import type { Step, StepResults } from './steps.ts'
import { errnoText } from './system-call-error.ts'

let enabled = !['', '0'].includes(process.env.SKDOCKER_TRACE ?? '')

/** Whether calls are traced. */
export const isTracing = (): boolean => enabled

/** Traces calls from now on. */
export const startTracing = (): void => {
  enabled = true
}

type Child = { readonly pid: number; readonly unprinted: Step[]; readonly results: StepResults }

const children = new Map<number, Child>()

const print = (pid: number, text: string): void => say(`[pid ${pid}] ${text}`)

const showResult = (result: number | bigint | string): string => {
  if (typeof result !== 'number' || result >= 0)
    return typeof result === 'bigint' ? `0x${result.toString(16)}` : `${result}`
  return `-1 ${errnoText(-result)}`
}

// umask(2) cannot fail, and returns the mask that was in force before.
const showResultOf = ({ call }: Step, result: number): string =>
  call === 'umask' ? octal(result) : showResult(result)

/** The result of a step. A successful exec writes none, because it does not return; the state of the process shows it. */
const resultOf = ({ pid, results }: Child, step: Step): number | undefined => {
  const result = results.result(step)
  if (result !== undefined || !['execve', 'execveat'].includes(step.call) || results.time(step) === 0n)
    return result
  return hasExecuted(pid) ? 0 : undefined
}

/** The steps that a child has done and that are not printed yet. An undo step that was left out has no result. */
const newLines = (child: Child): { time: bigint; pid: number; text: string }[] => {
  const done = child.unprinted.flatMap(step => {
    const result = resultOf(child, step)
    return result === undefined ? [] : [{ step, result }]
  })
  for (const { step } of done) child.unprinted.splice(child.unprinted.indexOf(step), 1)
  return done.map(({ step, result }) => ({
    time: child.results.time(step),
    pid: child.pid,
    text: `${showCall(step.call, step.arguments)} = ${showResultOf(step, result)}`,
  }))
}

/** Prints the steps that the children have done, in the order in which they did them. */
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
  if (!enabled) return
  traceChildren()
  print(process.pid, `${call} = ${showResult(result)}`)
}

/** Traces a child from now on. */
export const traceChild = (pid: number, steps: readonly Step[], results: StepResults): void => {
  if (enabled) children.set(pid, { pid, unprinted: [...steps], results })
}

/** Waits until a child does no more steps, and prints them. */
export const traceUntilStepsEnded = async (pid: number): Promise<void> => {
  const child = children.get(pid)
  if (!child) return
  while (!haveStepsEnded(pid, child.unprinted, child.results)) await new Promise(resolve => setImmediate(resolve))
  traceChildren()
}

/** Stops tracing a child. It goes on by itself, and its results can no longer be read. */
export const stopTracingChild = (pid: number): void => void children.delete(pid)

/** Prints the steps of a child that has ended. */
export const traceEndedChild = (pid: number, steps: readonly Step[], results: StepResults): void => {
  traceChild(pid, steps, results)
  traceChildren()
  children.delete(pid)
}

/** Prints how a child ended. It is not traced any more. */
export const traceEnd = (pid: number, status: number): void => {
  if (!children.has(pid)) return
  traceChildren()
  children.delete(pid)
  const signal = status & 0x7f
  print(pid, signal ? `+++ killed by ${signalName(signal)} +++` : `+++ exited with ${status >> 8} +++`)
}
