/** The steps of a text, numbered: buttons, results and the checker speak of a step by its number. */

import { type Lesson, ofKind, type Step, type Transcript } from '../lesson/lesson.ts'

type ScriptLine = { readonly block: Transcript; readonly step: Step }

/** All steps in the order of the text, those in hidden answers among them. Both languages have the same. */
export const scriptOf = ({ blocks }: Pick<Lesson, 'blocks'>): ScriptLine[] =>
  ofKind(blocks, 'transcript').flatMap(block => block.steps.map(step => ({ block, step })))

/** Whether the next step in the same window is a key: then perhaps the command runs until it is pressed. */
export const isKeyNext = (script: readonly ScriptLine[], index: number): boolean => {
  const { terminal } = script[index]!.block
  const next = script.slice(index + 1).find(({ block }) => block.terminal === terminal)
  return next?.step.key !== undefined
}

/** The windows of a text, `one` first. */
export const windowsOf = (script: readonly ScriptLine[]): string[] => [
  ...new Set(['one', ...script.map(({ block }) => block.terminal)]),
]
