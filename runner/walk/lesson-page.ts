/** What a stop shows: its text in pages that fit into the window, and the lines of the bar. */

import stringWidth from 'string-width'
import wrap from 'wrap-ansi'
import type { Colours } from '../colours.ts'
import type { Lesson } from '../lesson/lesson.ts'
import { parseLesson } from '../lesson/parse-lesson.ts'
import { renderBlocks, type Style } from '../read/render-lesson.ts'
import { renderCommand } from '../read/render-transcript.ts'
import type { ScreenSize } from '../terminal/screen.ts'
import type { Stop } from './stops.ts'

const WIDEST = 100
const BAR = 5 // lines: the prompt, the rule, a command, the keys, and one to breathe

const styleFor = (lesson: Lesson, { cols }: ScreenSize, paint: Colours): Style => ({
  columns: Math.min(cols - 1, WIDEST),
  paint,
  answers: false,
  lesson,
})

/** The text before a stop, in lines. */
export const textOf = (
  { blocks }: Pick<Stop, 'blocks'>,
  lesson: Lesson,
  size: ScreenSize,
  paint: Colours,
): string[] => {
  const text = renderBlocks(blocks, styleFor(lesson, size, paint))
  return text === '' ? [] : ['', ...text.split('\n'), '']
}

/** The teacher's notes, in lines with a mark before each. */
export const notesOf = (
  { notes }: Pick<Stop, 'notes'>,
  lesson: Lesson,
  size: ScreenSize,
  paint: Colours,
): string[] => {
  const { columns, ...style } = styleFor(lesson, size, paint)
  const { blocks } = parseLesson(notes.join('\n\n'), lesson)
  const lines = renderBlocks(blocks, { ...style, columns: columns - 2 }).split('\n')
  return lines.map(line => `${paint.yellow('▌')} ${line}`)
}

/** Splits lines into as many as fit into the window beside the bar, and the rest: at an empty line, if there is one. */
export const pageOf = (lines: readonly string[], { rows }: ScreenSize): { page: string[]; rest: string[] } => {
  const room = Math.max(5, rows - BAR)
  if (lines.length <= room) return { page: [...lines], rest: [] }
  const gap = lines.slice(0, room).lastIndexOf('')
  const end = gap > room / 2 ? gap + 1 : room
  return { page: lines.slice(0, end), rest: lines.slice(end) }
}

/** Cuts a line to what fits. */
const cut = (text: string, columns: number): string => {
  if (stringWidth(text) <= columns) return text
  let short = text
  while (stringWidth(short) > columns - 1) short = short.slice(0, -1)
  return `${short}…`
}

const BETWEEN = ' · '
const SHORTEST_TITLE = 12 // columns

/** The line that says where the lesson is, and the keys. The title is cut where there is no room for all of it. */
const statusLine = ([title = '', ...keys]: readonly string[], columns: number): string => {
  const rest = keys.filter(Boolean).map(key => BETWEEN + key)
  const room = columns - stringWidth(rest.join(''))
  return cut(cut(title, Math.max(SHORTEST_TITLE, room)) + rest.join(''), columns)
}

/**
 * The lines of the bar.
 * @param command what stands ready, undefined where nothing does
 * @param warning what the teacher should know before Enter
 * @param status the section with its title, and what the keys do
 */
export const barLines = (
  { command, warning, status }: { command: Stop['step']; warning: string; status: readonly string[] },
  { cols }: ScreenSize,
  paint: Colours,
): string[] => {
  const columns = Math.max(20, cols - 1)
  const ready = command
    ? wrap(renderCommand(command, paint), columns - 2, { hard: true, trim: false }).split('\n')
    : []
  return [
    paint.dim('─'.repeat(columns)),
    ...ready.map((line, index) => `${index === 0 ? paint.green('▶') : ' '} ${line}`),
    ...(warning ? [paint.yellow(cut(warning, columns))] : []),
    paint.dim(statusLine(status, columns)),
  ]
}
