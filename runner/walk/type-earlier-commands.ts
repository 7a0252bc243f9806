/** A lesson that begins in its middle: the commands before it are typed first, so that what they make is there. */

import { runStep, type Window, wrongPrompt } from '../check/run-step.ts'
import type { Step } from '../lesson/lesson.ts'
import type { Names } from '../lesson/wildcards.ts'
import { isVariant, missingNeed } from '../needs/transcript-needs.ts'
import { scale } from '../scale.ts'
import type { Shell } from '../terminal/shell.ts'
import type { Stop } from './stops.ts'

const TIMEOUT = 60 // seconds for a command, unless its block says timeout=

export type Preparation = {
  /** how many commands were typed */
  readonly typed: number
  /** how many were left out because this machine lacks what they need, those of the other cgroup version apart */
  readonly leftOut: number
  /** a line for each command that could not be typed, or showed something else */
  readonly surprises: readonly string[]
  /** the first command that was not typed because the typing ended before it; undefined: it came to its end */
  readonly endedBefore: Step | undefined
  /** the windows that were typed into */
  readonly windows: ReadonlyMap<string, Window>
}

type Options = {
  /** opens the shell of a window, which is as large as those in which the texts are checked */
  readonly open: (terminal: string) => Promise<Shell>
  /** is told before each command how many were dealt with */
  readonly onProgress: (done: number, total: number) => void
  /** asked before each command: whether the reader does not want to wait for the rest */
  readonly isEnough: () => boolean
}

/** The first line of a command. */
export const firstLine = ({ command }: Step): string => command.split('\n')[0]!

type Command = Stop & { readonly step: Step; readonly terminal: string }

/** The commands of some stops that this machine can do, keys among them. */
const commandsOf = (stops: readonly Stop[]): Command[] =>
  stops.filter(({ step, needs }) => step && !needs.some(need => missingNeed(need))) as Command[]

const isLeftOut = ({ needs }: Stop): boolean => {
  const lacks = needs.filter(need => missingNeed(need))
  return lacks.length > 0 && !lacks.some(isVariant)
}

/** How many commands stand before a stop, not counting keys. */
export const commandsBefore = (stops: readonly Stop[], first: number): number =>
  stops.slice(0, first).filter(({ step }) => step && !step.key).length

/**
 * Types the commands before a stop as check does, and compares what they show.
 * @param first the index of the stop; its own command is not typed
 */
export const typeEarlierCommands = async (
  stops: readonly Stop[],
  first: number,
  { open, onProgress, isEnough }: Options,
): Promise<Preparation> => {
  const commands = commandsOf(stops.slice(0, first))
  // A command that a key ends later has done its part when it has shown what the text says.
  const script = [...commands, ...commandsOf(stops.slice(first))]
  const windows = new Map<string, Window>()
  const surprises: string[] = []
  let names: Names = new Map()
  let typed = 0
  const leftOut = stops.slice(0, first).filter(isLeftOut).length
  const endBefore = (step: Step | undefined): Preparation => ({
    typed,
    leftOut,
    surprises,
    endedBefore: step,
    windows,
  })
  for (const [index, { step, terminal, timeout }] of commands.entries()) {
    onProgress(index, commands.length)
    if (isEnough()) return endBefore(step)
    const window = windows.get(terminal) ?? { name: terminal, shell: await open(terminal), prompt: '$ ' }
    windows.set(terminal, window)
    const wrong = wrongPrompt(step, window)
    if (wrong?.fatal) {
      surprises.push(`\`${firstLine(step)}\` was not typed: ${wrong.message}`)
      continue
    }
    const next = script.slice(index + 1).find(command => command.terminal === terminal)
    const outcome = await runStep(step, window, {
      timeout: (timeout ?? TIMEOUT) * 1000 * scale,
      names,
      keyFollows: next?.step.key !== undefined,
    })
    names = outcome.names
    typed += 1
    surprises.push(...outcome.findings.map(({ message }) => message))
    if (outcome.stuck) return endBefore(commands[index + 1]?.step)
  }
  return endBefore(undefined)
}
