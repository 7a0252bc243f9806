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

/** The name of each wildcard of a line, in order; undefined for `[..]`. */
const wildcardNames = (line: string): (string | undefined)[] => [...line.matchAll(WILDCARD)].map(([, name]) => name)

/** What each wildcard of a line stands for in another; undefined when the line is another. */
const capture = (line: string, actual: string, known: Names): string[] | undefined => {
  const groups = new Map<string, number>()
  let expression = ''
  let end = 0
  let group = 0
  for (const match of line.matchAll(WILDCARD)) {
    expression += escaped(line.slice(end, match.index))
    end = match.index + match[0].length
    group += 1
    const name = match[1]
    if (name === undefined) expression += '(.*)'
    else if (known.has(name)) expression += `(${escaped(known.get(name)!)})`
    else if (groups.has(name)) expression += `(\\${groups.get(name)})`
    else {
      expression += '(.+?)'
      groups.set(name, group)
    }
  }
  return new RegExp(`^${expression}${escaped(line.slice(end))}$`, 'u').exec(actual)?.slice(1)
}

/**
 * Holds a line against one that was expected.
 * @returns the names with what they stand for now; undefined when the line is another
 */
export const matchLine = (expected: string, actual: string, names: Names): Names | undefined => {
  if (expected === actual) return names
  if (!hasWildcard(expected)) return undefined
  const captured = capture(expected, actual, names)
  if (!captured) return undefined
  const fresh = wildcardNames(expected).flatMap((name, i) =>
    name === undefined || names.has(name) ? [] : [[name, captured[i]!] as const],
  )
  return fresh.length === 0 ? names : new Map([...names, ...fresh])
}

/**
 * A line as a reader may see it: a line that was shown, but a name that the text has a sample for is that sample.
 * @param expected the line with wildcards
 * @param actual one that it matches
 * @param names what the names stand for in it
 * @param samples what they stand for in the text
 */
export const sampleLine = (expected: string, actual: string, names: Names, samples: Names): string => {
  const captured = capture(expected, actual, names)
  if (!captured) return actual
  let next = 0
  return expected.replace(WILDCARD, (_, name?: string) => {
    const shown = captured[next++]!
    return (name !== undefined && samples.get(name)) || shown
  })
}
