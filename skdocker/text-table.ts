/** Makes tables whose columns are as wide as they need to be. */

const WIDEST = 40 // characters of a column

const shorten = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text)

// A command may be a script of many lines, or hold escape sequences that a terminal would obey.
const onOneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ')

/** Rows under a heading, in aligned columns. */
export const textTable = (heading: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [heading, ...rows.map(row => row.map(onOneLine).map(shorten))]
  const widths = heading.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  return all
    .map(row =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** How long ago a moment was: `3 minutes ago`. */
export const timeAgo = (moment: string | Date): string => {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(moment).getTime()) / 1000))
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['second', 1]
  return new Intl.RelativeTimeFormat('en').format(-Math.floor(seconds / length), unit)
}
