/** Variables, when a command is run. */

import type { Part, Word } from './scan.ts'

const valueAt = (part: Part, status: number): string => {
  if (typeof part === 'string') return part
  if (part.variable === '?') return String(status)
  if (part.variable === '$') return String(process.pid)
  return process.env[part.variable] ?? ''
}

/**
 * Puts values in the place of variables. A value is not split: it stays in its word.
 * @param status what $? stands for
 */
export const expand = (word: Word, status: number): string => word.map(part => valueAt(part, status)).join('')

/** The same for the words of a command: variables without a value, unless quoted, are no word. */
export const expandAll = (words: readonly Word[], status: number): string[] =>
  words.flatMap(word => {
    const text = expand(word, status)
    return text === '' && !word.some(part => part === '') ? [] : [text]
  })
