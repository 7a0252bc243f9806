/** Changes to a text, line by line. */

/** `count` lines from `line` on, counted from 1, are replaced. */
export type Edit = { readonly line: number; readonly count: number; readonly lines: readonly string[] }

/**
 * Applies edits, which must not overlap. New lines are indented as the fence is that they stand in.
 * @param source the text
 */
export const applyEdits = (source: string, edits: readonly Edit[]): string => {
  const lines = source.split('\n')
  for (const { line, count, lines: fresh } of [...edits].sort((a, b) => b.line - a.line)) {
    // The fence's mark, or a line of it, is right above.
    const indent = /^\s*/.exec(fenceAbove(lines, line - 2))![0]
    lines.splice(line - 1, count, ...fresh.map(text => (text === '' ? '' : indent + text)))
  }
  return lines.join('\n')
}

const fenceAbove = (lines: readonly string[], from: number): string => {
  for (let index = from; index >= 0; index -= 1) if (/^\s*(```|~~~)/.test(lines[index]!)) return lines[index]!
  return ''
}
