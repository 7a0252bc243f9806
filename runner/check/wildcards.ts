/** Lines with wildcards: `[..]` for any text, `[..NAME..]` for one that is the same wherever NAME returns. */

/** What the names of a chapter stand for, so far. */
export type Names = ReadonlyMap<string, string>

/** A line that stands for any number of lines. */
export const ANY_LINES = '...'

const WILDCARD = /\[\.\.(?:([A-Za-z][\w-]*)\.\.)?\]/g

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** Whether a line has wildcards. */
export const hasWildcard = (line: string): boolean => line.search(WILDCARD) >= 0

/** What a line says itself. */
export const withoutWildcards = (line: string): string => line.replace(WILDCARD, '')

type Compiled = { readonly expression: RegExp; readonly names: readonly string[] }

const compile = (line: string, known: Names): Compiled => {
  const names: string[] = []
  let expression = ''
  let end = 0
  for (const match of line.matchAll(WILDCARD)) {
    expression += escaped(line.slice(end, match.index))
    end = match.index + match[0].length
    const name = match[1]
    if (name === undefined) expression += '.*'
    else if (known.has(name)) expression += escaped(known.get(name)!)
    else if (names.includes(name)) expression += `\\${names.indexOf(name) + 1}`
    else expression += `(.+${names.push(name) && '?'})`
  }
  return { expression: new RegExp(`^${expression}${escaped(line.slice(end))}$`, 'u'), names }
}

/**
 * Holds a line against one that was expected.
 * @returns the names with what they stand for now; undefined when the line is another
 */
export const matchLine = (expected: string, actual: string, names: Names): Names | undefined => {
  if (expected === actual) return names
  if (!hasWildcard(expected)) return undefined
  const { expression, names: fresh } = compile(expected, names)
  const match = expression.exec(actual)
  if (!match) return undefined
  return fresh.length === 0 ? names : new Map([...names, ...fresh.map((name, i) => [name, match[i + 1]!] as const)])
}
