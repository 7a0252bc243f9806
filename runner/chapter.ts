/** Which chapter is meant. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { repository } from './repository.ts'
import { UsageError } from './usage-error.ts'

const DIRECTORY = /^\d\d-[a-z]+$/

/** The chapters' directories in reading order: `01-shell`, `02-chroot`, … */
export const chapterNames = (): string[] =>
  readdirSync(join(repository, 'chapters'))
    .filter(name => DIRECTORY.test(name))
    .sort()

/** How a chapter may be called: `04-allns`, `04`, `4`, `allns`. */
const waysToCall = (chapter: string): string[] => {
  const [number = '', ...words] = chapter.split('-')
  return [chapter, number, String(Number(number)), words.join('-')]
}

/** How many letters a word and what was meant may differ in, if it was a slip. */
const isNear = (by: number, word: string): boolean => by <= Math.max(2, word.length / 3)

const nearest = (given: string, all: readonly string[]): string[] =>
  all
    .map(chapter => ({ chapter, by: Math.min(...waysToCall(chapter).map(way => distance(given, way))) }))
    .filter(({ by }) => isNear(by, given))
    .sort((one, other) => one.by - other.by)
    .slice(0, 3)
    .map(({ chapter }) => chapter)

/**
 * The directory of a chapter.
 * @param given its number, its name or both; also as a shell completes the path
 * @throws UsageError that names the nearest when there is none
 */
export const findChapter = (given: string): string => {
  const all = chapterNames()
  const word = given
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/^.*chapters\//, '')
  const found = all.find(chapter => waysToCall(chapter).includes(word))
  if (found) return found
  const near = nearest(word, all)
  const cure = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${all.join(', ')}`
  throw new UsageError(`there is no chapter ${JSON.stringify(given)}: ${cure}`)
}
