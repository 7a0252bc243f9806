/** Columns as wide as they need to be, also where a character takes two cells. */

import stringWidth from 'string-width'

/** Rows of cells, aligned; two spaces part them. */
export const alignColumns = (rows: readonly (readonly string[])[]): string[] => {
  const count = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(...rows.map(row => stringWidth(row[index] ?? ''))),
  )
  return rows.map(row =>
    row
      .map((cell, index) => cell + ' '.repeat(widths[index]! - stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  )
}
