/** From characters to words. */

import { ProgramError } from '#native/index.ts'

/** Text as it stands, or a variable whose value takes its place when the command is run. */
export type Part = string | { readonly variable: string }
export type Word = readonly Part[]

const SYNTAX_ERROR = 2

/** An error in one line, whose exit code is 2. */
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

const NO_TEXT = /[\0\uFFFD]/ // U+FFFD is what Node makes of bytes that are not UTF-8

/** A text, and how far it has been read. */
export class Scanner {
  readonly #text: string
  at = 0
  /** how many brackets are open here */
  depth = 0

  /** @throws ProgramError when it is no text */
  constructor(text: string) {
    if (NO_TEXT.test(text)) throw syntaxError('there is a byte in it that is no text: NUL, or not UTF-8')
    this.#text = text
  }

  /** The text between two places. */
  slice(from: number, to: number): string {
    return this.#text.slice(from, to)
  }

  /** Reads over blanks and a comment, then what the pattern matches. The pattern is a sticky one. */
  next(pattern: RegExp): RegExpExecArray | undefined {
    this.skipBlanks()
    return this.#take(pattern)
  }

  /** Reads over blanks and a comment. */
  skipBlanks(): void {
    this.#take(BLANKS)
  }

  /** Reads over blanks, comments and ends of lines. */
  skipLines(): void {
    this.#take(BLANK_LINES)
  }

  /**
   * Reads the word that begins right here, if one does.
   * @throws ProgramError when a quote is not closed, or the word has something in it that this shell does not know
   */
  word(): Word | undefined {
    const parts: Part[] = []
    let rules = UNQUOTED
    for (;;) {
      if (this.#take(JOINED_LINES)) continue
      const part = this.#part(rules)
      if (part !== undefined) parts.push(part)
      else if (this.#take(/"/y)) {
        parts.push('') // "" is a word, too
        rules = rules === UNQUOTED ? DOUBLE_QUOTED : UNQUOTED
      } else break
    }
    if (this.#take(/[`$]/y))
      throw syntaxError('$NAME, $? and $$ are all that is known of $, and ` is not: quote it')
    if (this.#take(/\\/y)) throw syntaxError('nothing follows the backslash')
    if (rules === DOUBLE_QUOTED || this.#take(/'/y)) throw syntaxError('a quote is not closed')
    return parts.length > 0 ? joined(parts) : undefined
  }

  /** What to throw when nothing that may stand here does. */
  unexpected(): ProgramError {
    const token = this.next(/&&|\|\||;;|<<|[^ \t\r\n|<>;&()]+|./suy)?.[0] ?? 'end'
    return syntaxError(`unexpected ${token === '\n' ? 'end of line' : token}`)
  }

  #part(rules: typeof UNQUOTED): Part | undefined {
    const literal = this.#take(rules.literal) ?? this.#take(DOLLAR_ALONE)
    if (literal) return literal[0]
    const quoted = this.#take(rules.escaped) ?? (rules === UNQUOTED ? this.#take(SINGLE_QUOTED) : undefined)
    if (quoted) return quoted[1]!
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

/** Literal text that stands side by side is one text. */
const joined = (parts: readonly Part[]): Word =>
  parts.reduce<Part[]>((word, part) => {
    const last = word.at(-1)
    if (typeof last === 'string' && typeof part === 'string') word[word.length - 1] = last + part
    else word.push(part)
    return word
  }, [])
