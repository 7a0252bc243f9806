/** Columns as wide as they need to be, also where a character takes two cells. */

import stringWidth from 'string-width'
import { fitColumns } from './fit-columns.ts'
import { asItIs, type Piece } from './read/inline-pieces.ts'
import { widestWord, wrapPieces } from './read/wrap-pieces.ts'

const GAP = 2 // spaces between two columns

const piecesOf = (cell: string): Piece[] => [{ text: cell, paint: asItIs }]

const padded = (line: string, width: number): string => line + ' '.repeat(Math.max(0, width - stringWidth(line)))

const cellLines = (cell: string, width: number, indent: number): string[] => {
  if (stringWidth(cell) <= width) return [cell]
  const [first = '', ...rest] = wrapPieces(piecesOf(cell), width - indent)
  return [first, ...rest.map(line => ' '.repeat(indent) + line)]
}

/** A row in as many lines as its highest cell has. */
const rowLines = (cells: readonly string[], widths: readonly number[], indent: number): string => {
  const wrapped = widths.map((width, index) => cellLines(cells[index] ?? '', width, index === 0 ? indent : 0))
  const height = Math.max(1, ...wrapped.map(lines => lines.length))
  const line = (at: number): string =>
    wrapped.map((lines, index) => padded(lines[at] ?? '', widths[index]!)).join(' '.repeat(GAP))
  return Array.from({ length: height }, (_, at) => line(at).trimEnd()).join('\n')
}

/**
 * Rows of cells, aligned.
 * @param columns how wide a line may be: a cell that is wider than its column is broken between words
 * @param indent how far the further lines of a row's first cell are indented, where its words leave room for that
 * @returns a text for each row, of one or more lines
 */
export const alignColumns = (
  rows: readonly (readonly string[])[],
  columns: number = Number.POSITIVE_INFINITY,
  indent = 0,
): string[] => {
  const count = Math.max(0, ...rows.map(row => row.length))
  const widest = (measure: (cell: string) => number): number[] =>
    Array.from({ length: count }, (_, index) => Math.max(...rows.map(row => measure(row[index] ?? ''))))
  const room = columns - (count - 1) * GAP
  const least = widest(cell => widestWord(piecesOf(cell)))
  const widths = fitColumns(widest(stringWidth), least, room)
  const spare = Math.max(0, (widths[0] ?? 0) - (least[0] ?? 0))
  return rows.map(row => rowLines(row, widths, Math.min(indent, spare)))
}
