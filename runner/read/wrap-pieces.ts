/** Lines that fit. Chinese has no spaces: a line may end behind any character, but not before every one. */

import stringWidth from 'string-width'
import { asItIs, type Piece } from './inline-pieces.ts'

/** A piece of text inside which no line ends, or a place where one may end. */
type Atom = { text: string; readonly paint: Piece['paint']; readonly kind: 'word' | 'space' | 'break' }

const WIDE = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u

// Marks with which no line may begin, and those with which none may end. Source: Requirements for Chinese Text Layout, W3C
const CLOSING = /^[，。、；：？！）》」』】”’…％,.;:?!)\]}]/u
const OPENING = /[（《「『【“‘([{]$/u

const WIDE_PUNCTUATION = /[\u3000-\u303f\uff00-\uffef]/u

// A newline in the source is a space, except between two Chinese characters, and beside a mark that has its own space.
const newlinesAsSpaces = (all: readonly Piece[]): Piece[] =>
  all.map((piece, index) => {
    if (piece.text !== '\n') return piece
    const before = all[index - 1]?.text.at(-1) ?? ''
    const after = all[index + 1]?.text.at(0) ?? ''
    const areWide = WIDE.test(before) && WIDE.test(after)
    return { ...piece, text: areWide || WIDE_PUNCTUATION.test(before + after) ? '' : ' ' }
  })

const atomsOf = (piece: Piece): Atom[] =>
  piece.isWhole ? [{ text: piece.text, paint: piece.paint, kind: 'word' }] : brokenUp(piece)

const brokenUp = ({ text, paint }: Pick<Piece, 'text' | 'paint'>): Atom[] =>
  (
    text.match(
      /\v|[^\S\v]+|[\p{Script=Han}\u3000-\u303f\uff00-\uffef]|[^\s\p{Script=Han}\u3000-\u303f\uff00-\uffef]+/gu,
    ) ?? []
  ).map(part => ({ text: part, paint, kind: part === '\v' ? 'break' : /^\s/.test(part) ? 'space' : 'word' }))

/** Words that belong together: those that no space and no Chinese character parts. */
const unbroken = (atoms: readonly Atom[]): Atom[][] => {
  const groups: Atom[][] = []
  for (const atom of atoms) {
    const last = groups.at(-1)?.at(-1)
    if (last && belongTogether(last, atom)) groups.at(-1)!.push(atom)
    else groups.push([atom])
  }
  return groups
}

const belongTogether = (last: Atom, next: Atom): boolean => {
  if (last.kind !== 'word' || next.kind !== 'word') return false
  if (CLOSING.test(next.text) || OPENING.test(last.text)) return true
  return !WIDE.test(last.text) && !WIDE.test(next.text)
}

const widthOf = (group: readonly Atom[]): number => stringWidth(group.map(({ text }) => text).join(''))

// What is wider than a line is broken between words, and a word that is wider is cut, character by character.
const fitting = (group: readonly Atom[], columns: number): Atom[][] =>
  widthOf(group) <= columns
    ? [[...group]]
    : unbroken(group.flatMap(atom => (atom.kind === 'word' ? brokenUp(atom) : [atom]))).flatMap(word =>
        cut(word, columns),
      )

const cut = (group: readonly Atom[], columns: number): Atom[][] => {
  if (widthOf(group) <= columns) return [[...group]]
  const parts: Atom[][] = [[]]
  for (const { text, paint, kind } of group)
    for (const character of text) {
      const atom = { text: character, paint, kind }
      if (widthOf([...parts.at(-1)!, atom]) > columns) parts.push([])
      parts.at(-1)!.push(atom)
    }
  return parts
}

const paintLine = (line: readonly Atom[]): string => {
  const runs: Atom[] = []
  for (const atom of line) {
    const last = runs.at(-1)
    if (last?.paint === atom.paint) last.text += atom.text
    else runs.push({ ...atom })
  }
  return runs.map(({ text, paint }) => paint(text)).join('')
}

const withoutTrailingSpaces = (line: readonly Atom[]): Atom[] =>
  line.slice(0, line.findLastIndex(({ kind }) => kind !== 'space') + 1)

/**
 * Breaks pieces of text into lines.
 * @param columns how wide a line may be, in cells of the terminal
 * @returns painted lines, none wider than that
 */
export const wrapPieces = (all: readonly Piece[], columns: number): string[] => {
  const lines: Atom[][] = [[]]
  let width = 0
  const begin = (): void => {
    lines.push([])
    width = 0
  }
  for (const group of unbroken(newlinesAsSpaces(all).flatMap(atomsOf)).flatMap(each => fitting(each, columns))) {
    const isSpace = group[0]!.kind === 'space'
    if (group[0]!.kind === 'break') {
      begin()
      continue
    }
    if (width + widthOf(group) > columns) begin()
    if (isSpace && width === 0) continue
    lines.at(-1)!.push(...(isSpace ? [{ ...group[0]!, text: ' ' }] : group))
    width += isSpace ? 1 : widthOf(group)
  }
  const painted = lines.map(line => paintLine(withoutTrailingSpaces(line)))
  return painted.at(-1) === '' && painted.length > 1 ? painted.slice(0, -1) : painted
}

/**
 * Breaks a plain text into lines.
 * @param columns how wide a line may be
 * @param paint for each line
 */
export const wrapText = (text: string, columns: number, paint: Piece['paint'] = asItIs): string[] =>
  wrapPieces([{ text, paint }], columns)

/** The width of the widest word: a line that is narrower would cut it. */
export const widestWord = (all: readonly Piece[]): number =>
  Math.max(0, ...unbroken(newlinesAsSpaces(all).flatMap(atomsOf)).map(widthOf))
