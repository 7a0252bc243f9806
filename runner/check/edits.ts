/** Changes to a text, line by line. */

/** `count` lines from `line` on, counted from 1, are replaced. */
export type Edit = {
  readonly line: number
  readonly count: number
  readonly lines: readonly string[]
  /** where the fence begins that they belong to: they are indented as it is */
  readonly fence: number
}

/**
 * Applies edits, which must not overlap. New lines are indented as their fence is.
 * @param source the text
 */
export const applyEdits = (source: string, edits: readonly Edit[]): string => {
  const before = source.split('\n')
  const lines = [...before]
  for (const { line, count, lines: fresh, fence } of [...edits].sort((a, b) => b.line - a.line)) {
    const indent = /^\s*/.exec(before[fence - 1]!)![0]
    lines.splice(line - 1, count, ...fresh.map(text => (text === '' ? '' : indent + text)))
  }
  return lines.join('\n')
}
