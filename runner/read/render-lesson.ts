/** A lesson for the terminal. */

import { dirname, join, relative } from 'node:path'
import type { Colours } from '../colours.ts'
import { projectRoot } from '../lesson/chapters.ts'
import type { Block, Details, Heading, Lesson, List, Picture, Transcript } from '../lesson/lesson.ts'
import { drawTable } from './draw-table.ts'
import { codePiece, pieces } from './inline-pieces.ts'
import { paintCode } from './paint-code.ts'
import { words } from './reading-words.ts'
import { renderTranscript } from './render-transcript.ts'
import { wrapCode } from './wrap-code.ts'
import { wrapPieces } from './wrap-pieces.ts'

export type Style = {
  /** how wide a line may be */
  readonly columns: number
  readonly paint: Colours
  /** whether hidden answers are shown */
  readonly answers: boolean
  readonly lesson: Pick<Lesson, 'language' | 'file'>
}

/** The spaces before code. */
export const INDENT = 4

const indented = (text: string, by: number = INDENT): string =>
  text
    .split('\n')
    .map(line => (line ? ' '.repeat(by) + line : line))
    .join('\n')

const narrower = (style: Style, by: number): Style => ({ ...style, columns: Math.max(20, style.columns - by) })

const prose = (text: string, { columns, paint }: Style): string =>
  wrapPieces([{ text, paint: paint.italic }], columns).join('\n')

/** A heading; that of a chapter and of a section with a line below. */
const renderHeading = ({ level, inline }: Heading, { columns, paint }: Style): string => {
  const lines = wrapPieces(pieces(inline, paint), columns).map(line => paint.bold(line))
  if (level === 1) lines.push(paint.bold('═'.repeat(columns)))
  if (level === 2) lines.push(paint.dim('─'.repeat(columns)))
  return lines.join('\n')
}

const list = ({ ordered, start, items }: List, style: Style): string => {
  const marks = items.map((_, index) => (ordered ? `${start + index}. ` : '• '))
  const width = Math.max(...marks.map(mark => mark.length))
  return items
    .map((item, index) => {
      const text = indented(renderBlocks(item, narrower(style, width)), width)
      return marks[index]!.padEnd(width) + text.slice(width)
    })
    .join(items.some(item => item.length > 1) ? '\n\n' : '\n')
}

/** A path in a text, relative to the project's directory. */
const pathFrom = ({ lesson }: Pick<Style, 'lesson'>, path: string): string =>
  relative(projectRoot, join(dirname(lesson.file), path))

const picture = ({ src, alt }: Picture, style: Style): string => {
  const { picture: word } = words(style.lesson.language)
  const { paint, columns } = style
  const label = { text: `[${word}] `, paint: paint.magenta }
  const lines = wrapPieces([label, { text: alt, paint: paint.italic }], columns - 2)
  return indented([...lines, paint.dim(pathFrom(style, src))].join('\n'), 2)
}

const details = ({ summary, blocks }: Details, style: Style): string => {
  const { paint, answers, columns } = style
  const mark = answers ? '▾ ' : '▸ '
  const parts = summary.map(({ text, isCode }) =>
    isCode ? codePiece(text, paint, paint.bold) : { text, paint: paint.bold },
  )
  const question = indented(wrapPieces(parts, columns - 2).join('\n'), 2)
  const first = paint.yellow(mark) + question.slice(2)
  return answers ? `${first}\n\n${indented(renderBlocks(blocks, narrower(style, 2)), 2)}` : first
}

// A reader copies these and types them, so they are not broken: half a command must not be run. The window may break a long
// line, but copies it as one.
const MAY_BE_TYPED = ['', 'sh', 'bash', 'console']

const code = (text: string, language: string, { paint, columns }: Style): string => {
  const painted = paintCode(text.replace(/\n$/, ''), language, paint)
  return indented(MAY_BE_TYPED.includes(language) ? painted : wrapCode(painted, columns - INDENT))
}

const transcript = (block: Transcript, style: Style): string => indented(renderTranscript(block, style))

/** One block; empty for what is not shown. */
const renderBlock = (block: Block, style: Style): string => {
  const { paint, columns } = style
  switch (block.kind) {
    case 'heading':
      return renderHeading(block, style)
    case 'paragraph':
      return wrapPieces(pieces(block.inline, paint), columns).join('\n')
    case 'list':
      return list(block, style)
    case 'quote':
      return renderBlocks(block.blocks, narrower(style, 2))
        .split('\n')
        .map(line => paint.dim('│ ') + line)
        .join('\n')
    case 'table':
      return drawTable(
        block.rows.map(row => row.map(cell => pieces(cell, paint))),
        block.align,
        columns,
        paint,
      )
    case 'details':
      return details(block, style)
    case 'picture':
      return picture(block, style)
    case 'rule':
      return paint.dim('─'.repeat(columns))
    case 'code':
      return code(block.text, block.language, style)
    case 'excerpt':
      return `${indented(paint.dim(pathFrom(style, block.path)))}\n${code(block.text, block.language, style)}`
    case 'transcript':
      return transcript(block, style)
    default:
      return ''
  }
}

/** Blocks with an empty line between them. */
export const renderBlocks = (blocks: readonly Block[], style: Style): string =>
  blocks
    .map(block => renderBlock(block, style))
    .filter(Boolean)
    .join('\n\n')

/** A whole text. */
export const renderLesson = (lesson: Lesson, style: Omit<Style, 'lesson'>): string => {
  const whole = { ...style, lesson }
  const hasAnswers = lesson.blocks.some(({ kind }) => kind === 'details')
  const hint = hasAnswers && !style.answers ? `\n\n${prose(words(lesson.language).answersHidden, whole)}` : ''
  return `${renderBlocks(lesson.blocks, whole)}${hint}\n`
}
