/** The comment above a transcript that says which of its lines vary. */

import type { Transcript } from '../lesson/lesson.ts'
import { ANY_LINES, hasWildcard, matchLine, type Names } from '../lesson/wildcards.ts'
import type { Edit } from './edits.ts'

/** A line of output: as a reader sees it, and as it is expected. */
export type Pair = { readonly sample: string; readonly expected: string }

/**
 * What the comment has to say, so that each of its lines is taken for the right line of output: those with wildcards, and
 * those between two of them where the second would else be taken for an earlier one.
 * @param pairs all lines of output of a transcript
 */
export const variesLines = (pairs: readonly Pair[]): string[] => {
  const lines: string[] = []
  // No name is known yet, so a line that is nothing but a name could be any line.
  let known: Names = new Map()
  let from = 0
  for (const [index, { sample, expected }] of pairs.entries()) {
    if (!hasWildcard(expected)) continue
    const between = pairs.slice(from, index).filter(pair => pair.sample !== ANY_LINES)
    if (between.some(pair => matchLine(expected, pair.sample, known)))
      lines.push(...between.map(pair => pair.expected))
    lines.push(expected)
    known = matchLine(expected, sample, known) ?? known
    from = index + 1
  }
  return lines
}

/** The edit that makes the comment above a transcript say these lines; none are no comment. */
export const variesEdit = ({ line, varies }: Transcript, lines: readonly string[]): Edit => ({
  line: varies?.line ?? line,
  count: varies ? varies.end - varies.line + 1 : 0,
  lines: lines.length === 0 ? [] : ['<!-- varies:', ...lines, '-->'],
  fence: line,
})
