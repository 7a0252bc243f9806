/** Tables, as wide as there is room. */

import Table from 'cli-table3'
import stringWidth from 'string-width'
import type { Colours } from '../colours.ts'
import type { Piece } from './inline-pieces.ts'
import { widestWord, wrapPieces } from './wrap-pieces.ts'

type Cells = readonly (readonly Piece[])[]

const NARROWEST = 6
const BORDER = 3 // a line and a space on either side of a cell

const naturalWidth = (cell: readonly Piece[]): number => stringWidth(cell.map(({ text }) => text).join(''))

/** Takes from the widest columns until all fit; what no line should cut is kept whole as long as that is possible. */
const fit = (natural: readonly number[], least: readonly number[], room: number): number[] => {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, width) => sum + width, 0)
  for (const floor of [least, least.map(() => NARROWEST)])
    while (total() > room) {
      const widest = widths.map((width, index) => (width > floor[index]! ? width : 0))
      const index = widest.indexOf(Math.max(...widest))
      if (widest[index] === 0) break
      widths[index]! -= 1
    }
  return widths
}

/**
 * A table in a box.
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
  const widths = fit(
    indexes.map(index => Math.max(1, ...column(index).map(naturalWidth))),
    indexes.map(index => Math.max(1, ...column(index).map(widestWord))),
    columns - count * BORDER - 1,
  )
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
