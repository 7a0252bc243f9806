import { execFileSync } from 'node:child_process'

/**
 * Splits a command line as the shell would, because the shell does it.
 * @param line a command line; quotes, backslashes and $VARIABLES mean what they mean in sh
 * @throws Error on a line that sh refuses
 */
export const shellWords = (line: string): string[] => {
  const printed = execFileSync('sh', ['-fc', `printf '%s\\0' ${line}`], { encoding: 'utf8', stdio: 'pipe' })
  return printed.split('\0').slice(0, -1)
}

const quotedWord = (word: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** One command line that the shell splits into exactly these words. */
export const quoted = (words: readonly string[]): string => words.map(quotedWord).join(' ')
