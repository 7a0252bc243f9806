/** Both languages of a text carry the same blocks. */

import { basename } from 'node:path'
import { diffArrays } from 'diff'
import { type Block, type Code, type Excerpt, flat, type Lesson, type Transcript } from '../lesson/lesson.ts'
import type { Edit } from './edits.ts'
import { diffLines, type Problem } from './problem.ts'
import { variesEdit } from './varies-comment.ts'

type Fence = Code | Excerpt | Transcript

const isFence = (block: Block): block is Fence =>
  block.kind === 'code' || block.kind === 'excerpt' || block.kind === 'transcript'

// A fence that names no language may say something else in each text, because its words are the reader's.
const isFree = (block: Fence): boolean => block.kind === 'code' && ['', 'text'].includes(block.language)

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** What must be alike in both languages, in words. */
export const describe = (block: Block): string => {
  switch (block.kind) {
    case 'heading':
      return `a heading of level ${block.level}`
    case 'list':
      return `${block.ordered ? 'an ordered' : 'a'} list of ${counted(block.items.length, 'item')}`
    case 'table':
      return `a table of ${counted(block.rows.length, 'row')} × ${counted(block.rows[0]?.length ?? 0, 'column')}`
    case 'picture':
      return `the picture ${block.src}`
    case 'notes':
      return "a teacher's note"
    case 'details':
      return 'a hidden answer'
    case 'code':
    case 'excerpt':
    case 'transcript':
      return `a block \`\`\`${block.info}`
    default:
      return { paragraph: 'a paragraph', quote: 'a quotation', html: 'a piece of HTML', rule: 'a rule' }[block.kind]
  }
}

type Pair = readonly [Block, Block]

const compareKinds = (one: Lesson, other: Lesson): { pairs: Pair[]; problems: Problem[] } => {
  const [mine, theirs] = [[...flat(one.blocks)], [...flat(other.blocks)]]
  const pairs: Pair[] = []
  const problems: Problem[] = []
  let [i, j] = [0, 0]
  const missingTexts = (block: Block, from: Lesson, to: Lesson, place: Block | undefined): void => {
    const where = place ? `line ${place.line}` : 'its end'
    const message = `${describe(block)} is missing in ${basename(to.file)}, about ${where}`
    problems.push({ file: from.file, line: block.line, message })
  }
  for (const { value, added, removed } of diffArrays(mine.map(describe), theirs.map(describe))) {
    for (const _ of value) {
      if (removed) missingTexts(mine[i++]!, one, other, theirs[j])
      else if (added) missingTexts(theirs[j++]!, other, one, mine[i])
      else pairs.push([mine[i++]!, theirs[j++]!])
    }
  }
  return { pairs, problems }
}

const variesOf = (block: Fence): readonly string[] =>
  block.kind === 'transcript' ? (block.varies?.lines ?? []) : []

const isSame = (one: Fence, other: Fence): boolean =>
  one.text === other.text && variesOf(one).join('\n') === variesOf(other).join('\n')

const lines = ({ text }: Fence): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/**
 * Holds the second language against the first.
 * @returns what differs
 */
export const compareTwins = (one: Lesson, other: Lesson): Problem[] => {
  const { pairs, problems } = compareKinds(one, other)
  const fixable = problems.length === 0
  for (const [mine, theirs] of pairs) {
    if (!isFence(mine) || !isFence(theirs) || isFree(mine) || isSame(mine, theirs)) continue
    const message = `the block \`\`\`${theirs.info} differs from that in ${basename(one.file)}:${mine.line}`
    problems.push({
      file: other.file,
      line: theirs.line,
      message,
      detail: diffLines([...variesOf(theirs), ...lines(theirs)], [...variesOf(mine), ...lines(mine)]),
      fixable,
    })
  }
  return problems
}

/** Edits that give the second language the fences of the first; undefined when they do not have the same blocks. */
export const followTwin = (one: Lesson, other: Lesson): Edit[] | undefined => {
  const { pairs, problems } = compareKinds(one, other)
  if (problems.length > 0) return undefined
  return pairs.flatMap(([mine, theirs]) => {
    if (!isFence(mine) || !isFence(theirs) || isFree(mine) || isSame(mine, theirs)) return []
    const text = { line: theirs.line + 1, count: lines(theirs).length, lines: lines(mine), fence: theirs.line }
    return theirs.kind === 'transcript' ? [text, variesEdit(theirs, variesOf(mine))] : [text]
  })
}
