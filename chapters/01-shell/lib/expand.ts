/** Puts the values of variables into words, right before a command is run. */

import type { Word, WordPart } from './scanner.ts'

const expandPart = (part: WordPart, status: number): string => {
  if (typeof part === 'string') return part
  if (part.variable === '?') return String(status)
  if (part.variable === '$') return String(process.pid)
  return process.env[part.variable] ?? ''
}

/**
 * Expands a word. The value of a variable is not split into several words.
 * @param status the value of $?
 */
export const expand = (word: Word, status: number): string => word.map(part => expandPart(part, status)).join('')

/** Expands the words of a command. A word that becomes empty is left out, unless it has quotes. */
export const expandAll = (words: readonly Word[], status: number): string[] =>
  words.flatMap(word => {
    const text = expand(word, status)
    const isQuoted = word.some(part => part === '') // the scanner puts an empty part where a quote is
    return text === '' && !isQuoted ? [] : [text]
  })
