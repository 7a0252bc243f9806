/** Which chapter or text is meant. */

import { distance } from 'fastest-levenshtein'
import { UsageError } from '../usage-error.ts'
import { type Chapter, findChapters, findText, findTexts, type Text } from './chapters.ts'

/** All that a text may be called: `04-allns`, `04`, `4`, `allns`. */
const waysToCall = ({ name }: Text): string[] => {
  const [, number, word] = /^(\d+)-(.*)$/.exec(name) ?? []
  return number && word ? [name, number, String(Number(number)), word] : [name]
}

// More letters than these are no slip any more.
const isNear = (by: number, word: string): boolean => by <= Math.max(1, Math.ceil(word.length / 2.5))

/** Those that are most like what was given, if any is. */
const nearest = (given: string, texts: readonly Text[]): string[] => {
  // One number is as near as another.
  if (/^\d+$/.test(given)) return []
  const near = texts
    .map(text => ({ name: text.name, by: Math.min(...waysToCall(text).map(way => distance(given, way))) }))
    .filter(({ by }) => isNear(by, given))
  const least = Math.min(...near.map(({ by }) => by))
  return near.filter(({ by }) => by === least).map(({ name }) => name)
}

const pick = <T extends Text>(what: string, texts: readonly T[], given: string): T => {
  const found = findText(texts, given) ?? findText(texts, given.toLowerCase())
  if (found) return found
  const near = nearest(given, texts)
  const cure = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there is ${names(texts)}`
  throw new UsageError(`there is no ${what} ${JSON.stringify(given)}: ${cure}`)
}

const names = (texts: readonly Text[]): string => texts.map(({ name }) => name).join(', ')

/**
 * A chapter.
 * @param given its number, its name or both; also as a shell completes the path
 * @throws UsageError that names the nearest when there is none
 */
export const chapterNamed = (given: string): Chapter => pick('chapter', findChapters(), given)

/** The same for all that can be read, the texts beside the chapters among it. Throws UsageError. */
export const textNamed = (given: string): Text => pick('text', findTexts(), given)
