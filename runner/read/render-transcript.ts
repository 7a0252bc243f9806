/** A transcript for reading: what is typed stands out from what comes of it. */

import type { Colours } from '../colours.ts'
import type { Step, Transcript } from '../lesson/lesson.ts'
import { paintCode } from './paint-code.ts'
import { words } from './reading-words.ts'
import { INDENT, type Style } from './render-lesson.ts'
import { wrapCode } from './wrap-code.ts'

// `...` alone on a line stands for lines that are left out.
const dimIfLeftOut = (line: string, paint: Colours): string => (line === '...' ? paint.dim(line) : line)

/** What is typed, with its prompt. */
export const renderCommand = ({ prompt, command, key }: Step, paint: Colours): string => {
  if (key) return `${paint.dim(prompt)}${paint.yellow(command)}`
  const [first = '', ...rest] = paintCode(command, 'bash', paint).split('\n')
  return [
    `${paint.dim(prompt)}${paint.bold(first)}`,
    ...rest.map(line => `${paint.dim('> ')}${paint.bold(line)}`),
  ].join('\n')
}

/** The commands of a transcript and what comes of them. */
export const renderTranscript = ({ terminal, steps }: Transcript, { paint, lesson, columns }: Style): string => {
  const where = terminal === 'one' ? [] : [paint.dim(`${words(lesson.language).terminal} ${terminal}:`)]
  const lines = steps.flatMap(step => [
    renderCommand(step, paint),
    // A command stays whole, as all that may be typed.
    ...step.output.map(line => wrapCode(dimIfLeftOut(line, paint), columns - INDENT)),
  ])
  return [...where, ...lines].join('\n')
}
