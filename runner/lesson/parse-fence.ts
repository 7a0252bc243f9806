/** Fences: the info string says what a block is. */

import type { Code, Excerpt, Flaw, Span, Transcript } from './lesson.ts'
import { parseTranscript } from './parse-transcript.ts'

type Info = { readonly language: string; readonly words: readonly string[]; readonly values: Map<string, string> }

// WORD, NAME=VALUE, NAME="VALUE WITH SPACES"; a quotation mark in a value is written \".
const PART = /([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))|(\S+)/g

const parseInfo = (info: string): Info => {
  const [language = '', ...rest] = info.trim().split(/(?<=^\S+)\s+/)
  const words: string[] = []
  const values = new Map<string, string>()
  for (const [, name, quoted, plain, word] of rest.join(' ').matchAll(PART)) {
    if (word) words.push(word)
    else values.set(name!, plain ?? quoted!.replace(/\\(["\\])/g, '$1'))
  }
  return { language, words, values }
}

const unknown = ({ words, values }: Info, known: readonly string[]): string[] => [
  ...words,
  ...[...values.keys()].filter(name => !known.includes(name)),
]

const seconds = (info: Info, refuse: (message: string) => void): number | undefined => {
  const value = info.values.get('timeout')
  if (value === undefined) return undefined
  if (/^[1-9]\d*$/.test(value)) return Number(value)
  refuse(`timeout=${value} is no number of seconds`)
  return undefined
}

/**
 * A fence as a block.
 * @param source its info string and its text
 * @param span the lines of the fence, the marks among them
 */
export const parseFence = (
  source: { readonly info: string; readonly text: string },
  span: Span,
): { readonly block: Code | Excerpt | Transcript; readonly flaws: readonly Flaw[] } => {
  const parsed = parseInfo(source.info)
  const flaws: Flaw[] = []
  const refuse = (message: string): void => void flaws.push({ line: span.line, message })
  const base = { ...span, info: source.info.trim(), text: source.text }
  const { language, words, values } = parsed
  if (language === 'console') {
    for (const name of unknown({ ...parsed, words: [] }, ['terminal', 'timeout']))
      refuse(`${name}= says nothing to a transcript: terminal=NAME and timeout=SECONDS do`)
    const { steps, flaws: inside } = parseTranscript(source.text, span.line + 1)
    const terminal = values.get('terminal') ?? 'one'
    const timeout = seconds(parsed, refuse)
    return {
      block: { ...base, kind: 'transcript', needs: words, terminal, timeout, varies: undefined, steps },
      flaws: [...flaws, ...inside],
    }
  }
  const path = values.get('file')
  if (path === undefined) {
    const isWhole = language === 'c' && words.includes('whole')
    const others = isWhole ? words.filter(word => word !== 'whole') : words
    for (const name of unknown({ ...parsed, words: others }, []))
      refuse(`the fence says ${name}, but names no file with file=`)
    return { block: { ...base, kind: 'code', language, isWhole }, flaws }
  }
  for (const name of unknown(parsed, ['file', 'from', 'to']))
    refuse(`${name} says nothing to an excerpt: file=, from= and to= do`)
  const from = values.get('from')
  const to = values.get('to')
  if (to !== undefined && from === undefined) refuse('to= takes a from=')
  return { block: { ...base, kind: 'excerpt', language, path, from, to }, flaws }
}
