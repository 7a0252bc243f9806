/** Excerpts are held against the files that they are taken from. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Excerpt, type Lesson, ofKind } from '../lesson/lesson.ts'
import { visible } from '../visible.ts'
import type { Edit } from './edits.ts'
import { diffLines, type Problem } from './problem.ts'

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** Lines without the indentation that all of them have. */
const dedent = (lines: readonly string[]): string[] => {
  const indents = lines.filter(line => line.trim() !== '').map(line => line.search(/\S/))
  const common = indents.length === 0 ? 0 : Math.min(...indents)
  return lines.map(line => line.slice(common).trimEnd())
}

type Region = { readonly lines: readonly string[] } | { readonly lacks: string }

/** The lines of a file that an excerpt shows. */
const regionOf = (file: string, { from, to }: Pick<Excerpt, 'from' | 'to'>): Region => {
  const lines = linesOf(visible(readFileSync(file, 'utf8')))
  if (from === undefined) return { lines: dedent(lines) }
  const first = lines.findIndex(line => line.trimStart().startsWith(from))
  if (first < 0) return { lacks: `no line begins with ${JSON.stringify(from)}` }
  if (to === undefined) return { lines: dedent(lines.slice(first, first + 1)) }
  const length = lines.slice(first + 1).findIndex(line => line.trimStart().startsWith(to))
  if (length < 0) return { lacks: `after ${JSON.stringify(from)} no line begins with ${JSON.stringify(to)}` }
  return { lines: dedent(lines.slice(first, first + length + 2)) }
}

/** Holds all excerpts of a text against their files. The edits would make them right. */
export const checkExcerpts = (
  lesson: Lesson,
): { readonly count: number; readonly problems: readonly Problem[]; readonly edits: readonly Edit[] } => {
  const excerpts = ofKind(lesson.blocks, 'excerpt')
  const problems: Problem[] = []
  const edits: Edit[] = []
  for (const excerpt of excerpts) {
    const report = (message: string): void => void problems.push({ file: lesson.file, line: excerpt.line, message })
    const file = join(dirname(lesson.file), excerpt.path)
    if (!existsSync(file) || !statSync(file).isFile()) {
      report(`the excerpt is of ${excerpt.path}, and there is no such file`)
      continue
    }
    const region = regionOf(file, excerpt)
    if ('lacks' in region) {
      report(`the excerpt is not to be found in ${excerpt.path}: ${region.lacks}`)
      continue
    }
    const shown = linesOf(excerpt.text)
    const text = dedent(shown)
    if (text.join('\n') === region.lines.join('\n')) continue
    const message = `the excerpt differs from ${excerpt.path}`
    const detail = diffLines(text, region.lines)
    problems.push({ file: lesson.file, line: excerpt.line, message, detail, fixable: true })
    edits.push({ line: excerpt.line + 1, count: shown.length, lines: region.lines, fence: excerpt.line })
  }
  return { count: excerpts.length, problems, edits }
}
