/** How the outcome of a try is told. */

import { relative } from 'node:path'
import type { Colours } from '../colours.ts'
import { projectRoot } from '../lesson/chapters.ts'
import type { Language } from '../lesson/lesson.ts'
import { wrapText } from '../read/wrap-pieces.ts'
import { visible } from '../visible.ts'
import type { Check } from './exercise.ts'
import { called, type Place } from './find-exercises.ts'
import type { Outcome } from './run-checks.ts'
import { sectionTitle } from './sections.ts'
import { exerciseWords } from './words.ts'

/** How something is told: in which language and colours, and how wide. */
export type Style = { readonly language: Language; readonly paint: Colours; readonly columns: number }

const INDENT = 4

/** A check that holds, as a line. */
export const holdingLine = ({ title }: Check, { language, paint }: Style): string =>
  `  ${paint.green('✓')} ${title[language]}`

const MOST_LINES = 6

/** The last lines that a program has written to stderr. What it writes must not steer the terminal. */
const lastLines = (text: string): string[] => visible(text).trimEnd().split('\n').slice(-MOST_LINES)

/**
 * What is said of a check that does not hold.
 * @param program how the reader starts theirs: it stands for PROGRAM in the command
 */
export const failureLines = (
  place: Place,
  { check, seen, stderr }: NonNullable<Outcome['failed']>,
  program: string,
  style: Style,
): string[] => {
  const { language, paint, columns } = style
  const words = exerciseWords(language)
  const wrapped = (text: string): string[] => wrapText(text, columns - INDENT)
  const { chapter } = place
  const file = relative(projectRoot, chapter.files[language])
  const parts: [string, string[]][] = [
    [words.seen, wrapped(visible(seen[language]))],
    ...(stderr.trim() === '' ? [] : [[words.said, lastLines(stderr)] as [string, string[]]]),
    [words.why, wrapped(check.why[language])],
    // A command is not broken, because it is to be copied.
    [words.see, check.see.replaceAll('PROGRAM', program).split('\n')],
    [words.read, [`${file}${language === 'zh' ? '，' : ', '}“${sectionTitle(chapter, check.section, language)}”`]],
  ]
  return [
    `  ${paint.red('✗')} ${paint.bold(check.title[language])}`,
    ...parts.flatMap(([title, lines]) => ['', `    ${paint.dim(title)}`, ...lines.map(line => `    ${line}`)]),
    '',
    words.next(called(place)),
  ]
}
