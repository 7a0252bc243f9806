/** Tables, as wide as there is room. */

import Table from 'cli-table3'
import stringWidth from 'string-width'
import type { Colours } from '../colours.ts'
import { fitColumns } from '../fit-columns.ts'
import { asItIs, type Piece } from './inline-pieces.ts'
import { widestWord, wrapPieces } from './wrap-pieces.ts'

type Cells = readonly (readonly Piece[])[]

const BORDER = 3 // a line and a space on either side of a cell

const naturalWidth = (cell: readonly Piece[]): number => stringWidth(cell.map(({ text }) => text).join(''))

const INDENT = 2

/** A table without a box, for where its words are wider than a box has room: each cell behind its heading. */
const stackCells = ([head = [], ...body]: readonly Cells[], columns: number, paint: Colours): string => {
  const labelled = (row: Cells, index: number): Piece[] => {
    const name = (head[index] ?? []).map(({ text }) => text).join('')
    const label = name
      ? [
          { text: `${name}:`, paint: paint.bold },
          { text: ' ', paint: asItIs },
        ]
      : []
    return [...label, ...(row[index] ?? [])]
  }
  const lines = (row: Cells): string[] =>
    row.flatMap((cell, index) => {
      if (cell.length === 0) return []
      const [first = '', ...rest] = wrapPieces(labelled(row, index), columns - INDENT)
      return [first, ...rest.map(line => ' '.repeat(INDENT) + line)]
    })
  return body.map(row => lines(row).join('\n')).join('\n\n')
}

/**
 * A table in a box, or without one where no box fits.
 * @param rows the first is the head
 * @param columns how wide it may be
 */
export const drawTable = (
  rows: readonly Cells[],
  align: readonly ('left' | 'center' | 'right')[],
  columns: number,
  paint: Colours,
): string => {
  const count = Math.max(...rows.map(row => row.length))
  const column = (index: number): (readonly Piece[])[] => rows.map(row => row[index] ?? [])
  const indexes = Array.from({ length: count }, (_, index) => index)
  const least = indexes.map(index => Math.max(1, ...column(index).map(widestWord)))
  const room = columns - count * BORDER - 1
  if (least.reduce((sum, width) => sum + width, 0) > room) return stackCells(rows, columns, paint)
  const natural = indexes.map(index => Math.max(1, ...column(index).map(naturalWidth)))
  const widths = fitColumns(natural, least, room)
  const cell = (row: Cells, index: number): string => wrapPieces(row[index] ?? [], widths[index]!).join('\n')
  const [head = [], ...body] = rows
  const table = new Table({
    head: indexes.map(index => bold(cell(head, index), paint)),
    colAligns: indexes.map(index => align[index] ?? 'left'),
    colWidths: widths.map(width => width + 2),
    style: { head: [], border: [] },
  })
  table.push(...body.map(row => indexes.map(index => cell(row, index))))
  return table.toString()
}

const bold = (text: string, paint: Colours): string =>
  text
    .split('\n')
    .map(line => paint.bold(line))
    .join('\n')
