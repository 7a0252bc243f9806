/** One command of a transcript: typed, waited for, compared. */

import type { Step } from '../lesson/lesson.ts'
import type { Names } from '../lesson/wildcards.ts'
import { type Answer, CommandTimeout, type Shell, WindowClosed } from '../terminal/shell.ts'
import { keepMatchingWildcards, matchOutput } from './match-output.ts'
import { diffLines, type Problem } from './problem.ts'

/** A window in a chapter. */
export type Window = {
  readonly name: string
  readonly shell: Shell
  /** what it shows at the cursor; undefined while a command runs that a key is to end */
  prompt: string | undefined
}

type Finding = Pick<Problem, 'message' | 'detail' | 'fixable'>

type Outcome = {
  readonly names: Names
  readonly findings: readonly Finding[]
  /** what was shown, and what the text should expect; undefined where the command did not end */
  readonly shown: { readonly lines: readonly string[]; readonly expected: readonly string[] } | undefined
  /** set when nothing more can be typed */
  readonly stuck: boolean
}

const QUIET_START = 1500 // ms in which a silent command should have begun what a key is to end

const BLIND: Finding = {
  message: 'the terminal no longer shows what is typed: something before this has left its echo off',
  detail: [
    'A program of Node that ends in the background does so, while the shell waits: it puts back the modes it found.',
    'Take its terminal away: `COMMAND </dev/null >FILE 2>&1 &`. Or end it with kill -9.',
  ],
}

const shortened = (command: string): string => {
  const [first = '', ...rest] = command.split('\n')
  return rest.length > 0 || first.length > 60 ? `${first.slice(0, 60)}…` : first
}

const shown = (prompt: string | undefined): string =>
  prompt === undefined ? 'no prompt' : `the prompt \`${prompt}\``

/**
 * Why a step cannot be typed now; undefined when it can.
 * Another directory of the same shell is a difference, but no reason.
 */
export const wrongPrompt = (step: Step, { prompt }: Window): { message: string; fatal: boolean } | undefined => {
  if (step.prompt === '' || step.prompt === prompt) return undefined
  if (step.key && prompt === undefined) return undefined
  const where = prompt?.endsWith('# ') ? 'container' : 'host'
  return {
    message: `the text has the prompt \`${step.prompt}\`, but there is ${shown(prompt)}`,
    fatal: prompt === undefined || where !== step.where,
  }
}

const silent = (step: Step): boolean => step.expected.every(line => line === '...')

const wait = (step: Step, window: Window, options: StepOptions): Promise<Answer> => {
  const began = performance.now()
  const { timeout, names, keyFollows } = options
  if (!keyFollows) return window.shell.answer({ timeout })
  return window.shell.answer({
    timeout,
    enough: lines => {
      if (!matchOutput(step.expected, lines, names)) return false
      return !silent(step) || performance.now() - began > QUIET_START
    },
  })
}

type StepOptions = {
  /** milliseconds */
  readonly timeout: number
  readonly names: Names
  /** a key comes next, and perhaps the command runs until then */
  readonly keyFollows: boolean
}

/** Types a step, and compares what comes of it. */
export const runStep = async (step: Step, window: Window, options: StepOptions): Promise<Outcome> => {
  const { names } = options
  const failed = (message: string, lines: readonly string[] = []): Outcome => {
    const detail =
      lines.length > 0 ? { detail: ['it has shown', ...lines.slice(-15).map(line => `  ${line}`)] } : {}
    return { names, findings: [{ message, ...detail }], shown: undefined, stuck: true }
  }
  try {
    if (step.key) window.shell.press(step.key)
    else await window.shell.enter(step.command)
    const { lines, prompt } = await wait(step, window, options)
    window.prompt = prompt
    const outcome = compare(step, lines, names)
    return window.shell.takeRepaired() ? { ...outcome, findings: [BLIND, ...outcome.findings] } : outcome
  } catch (error) {
    window.prompt = undefined
    const command = shortened(step.command)
    if (error instanceof CommandTimeout)
      return failed(`\`${command}\` has not ended within ${options.timeout / 1000} s`, error.lines)
    if (error instanceof WindowClosed) return failed(`\`${command}\` has ended the shell of its window`)
    throw error
  }
}

const compare = (step: Step, lines: readonly string[], names: Names): Outcome => {
  const matched = matchOutput(step.expected, lines, names)
  if (matched) return { names: matched, findings: [], shown: { lines, expected: step.expected }, stuck: false }
  const expected = keepMatchingWildcards(step.expected, lines, names)
  const message = `\`${shortened(step.command)}\` shows something else`
  const detail = diffLines(step.expected, expected)
  return {
    names: matchOutput(expected, lines, names) ?? names,
    findings: [{ message, detail, fixable: true }],
    shown: { lines, expected },
    stuck: false,
  }
}
