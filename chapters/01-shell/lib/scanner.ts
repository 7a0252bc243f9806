/** Splits text into words. */

import { ProgramError } from '#native/index.ts'

/** Literal text, or a variable that is replaced by its value when the command is run. */
export type WordPart = string | { readonly variable: string }
/** A word of a command. An empty text among its parts stands for quotes. */
export type Word = readonly WordPart[]

const SYNTAX_ERROR = 2

/** An error with exit code 2. */
export const syntaxError = (what: string): ProgramError => new ProgramError(`syntax error: ${what}`, SYNTAX_ERROR)

// A line that ends in a backslash goes on in the next, if there is a next.
const BLANKS = /(?:[ \t\r]+|\\\n(?!$)|#[^\n]*)*/y
const BLANK_LINES = /(?:[ \t\r\n]+|\\\n(?!$)|#[^\n]*)*/y
const JOINED_LINES = /\\\n(?!$)/y

const UNQUOTED = { literal: /[^ \t\r\n|<>;&()'"\\$`]+/y, escaped: /\\([^\n])/uy }
const DOUBLE_QUOTED = { literal: /[^"\\$`]+|\\(?!["\\$`\n])/y, escaped: /\\(["\\$`])/y }
const SINGLE_QUOTED = /'([^']*)'/y
const VARIABLE = /\$([A-Za-z_]\w*|[?$])/y
const DOLLAR_ALONE = /\$(?![\w?$({@*#!-])/y

const NOT_TEXT = /[\0\uFFFD]/ // Node turns bytes that are not UTF-8 into U+FFFD

/** A text, and how far it has been read. */
export class Scanner {
  readonly #text: string
  at = 0
  /** how many brackets are open at this place */
  depth = 0

  /** @throws ProgramError when the text has bytes that are not text */
  constructor(text: string) {
    if (NOT_TEXT.test(text)) throw syntaxError('there is a byte in it that is no text: NUL, or not UTF-8')
    this.#text = text
  }

  /** The text between two places. */
  slice(from: number, to: number): string {
    return this.#text.slice(from, to)
  }

  /**
   * Skips blanks and a comment, and reads what a pattern matches right there; undefined when it does not match.
   * @param pattern with the flag y
   */
  next(pattern: RegExp): RegExpExecArray | undefined {
    this.skipBlanks()
    return this.#take(pattern)
  }

  /** Skips blanks and a comment. */
  skipBlanks(): void {
    this.#take(BLANKS)
  }

  /** Skips blanks, comments and ends of lines. */
  skipLines(): void {
    this.#take(BLANK_LINES)
  }

  /**
   * Reads the word that begins at this place; undefined when none does.
   * @throws ProgramError when a quote is not closed, or the word has something in it that this shell does not know
   */
  word(): Word | undefined {
    const parts: WordPart[] = []
    let rules = UNQUOTED
    for (;;) {
      if (this.#take(JOINED_LINES)) continue
      const part = this.#part(rules)
      if (part !== undefined) parts.push(part)
      else if (this.#take(/"/y)) {
        parts.push('') // so that "" is a word too
        rules = rules === UNQUOTED ? DOUBLE_QUOTED : UNQUOTED
      } else break
    }
    if (this.#take(/[`$]/y))
      throw syntaxError('$NAME, $? and $$ are all that is known of $, and ` is not: quote it')
    if (this.#take(/\\/y)) throw syntaxError('nothing follows the backslash')
    if (rules === DOUBLE_QUOTED || this.#take(/'/y)) throw syntaxError('a quote is not closed')
    return parts.length > 0 ? joinTexts(parts) : undefined
  }

  /** The error when the text at this place is not what the grammar allows. */
  unexpected(): ProgramError {
    const token = this.next(/&&|\|\||;;|<<|[^ \t\r\n|<>;&()]+|./suy)?.[0] ?? 'end'
    return syntaxError(`unexpected ${token === '\n' ? 'end of line' : token}`)
  }

  #part(rules: typeof UNQUOTED): WordPart | undefined {
    const literal = this.#take(rules.literal) ?? this.#take(DOLLAR_ALONE)
    if (literal) return literal[0]
    const quoted = this.#take(rules.escaped) ?? (rules === UNQUOTED ? this.#take(SINGLE_QUOTED) : undefined)
    if (quoted) return quoted[1] ?? ''
    const variable = this.#take(VARIABLE)?.[1]
    return variable && { variable }
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.#text) ?? undefined
    if (match) this.at = pattern.lastIndex
    return match
  }
}

/** Joins texts that stand side by side. */
const joinTexts = (parts: readonly WordPart[]): Word =>
  parts.reduce<WordPart[]>((word, part) => {
    const last = word.at(-1)
    if (typeof last === 'string' && typeof part === 'string') word[word.length - 1] = last + part
    else word.push(part)
    return word
  }, [])
