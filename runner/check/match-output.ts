/** Holds what a command has shown against what a text says. */

import { distance } from 'fastest-levenshtein'
import { ANY_LINES, hasWildcard, matchLine, type Names, withoutWildcards } from '../lesson/wildcards.ts'

type Match = {
  readonly names: Names
  /** for each line that was expected, which of the lines it is; `...` is none */
  readonly places: readonly (number | undefined)[]
}

/**
 * Holds lines against those that were expected.
 * @returns undefined when the lines are others
 */
export const alignOutput = (
  expected: readonly string[],
  actual: readonly string[],
  names: Names,
): Match | undefined => {
  const places: (number | undefined)[] = expected.map(() => undefined)
  const failed = new Set<string>()
  const match = (i: number, j: number, known: Names): Names | undefined => {
    if (i === expected.length) return j === actual.length ? known : undefined
    const fresh = [...known].slice(names.size).flat()
    const key = [i, j, ...fresh].join('\n')
    if (failed.has(key)) return undefined
    const found = expected[i] === ANY_LINES ? skip(i, j, known) : one(i, j, known)
    if (!found) failed.add(key)
    return found
  }
  const one = (i: number, j: number, known: Names): Names | undefined => {
    const next = j < actual.length ? matchLine(expected[i]!, actual[j]!, known) : undefined
    const found = next && match(i + 1, j + 1, next)
    if (found) places[i] = j
    return found
  }
  const skip = (i: number, j: number, known: Names): Names | undefined => {
    for (let next = j; next <= actual.length; next += 1) {
      const found = match(i + 1, next, known)
      if (found) return found
    }
    return undefined
  }
  const found = match(0, 0, names)
  return found && { names: found, places }
}

/**
 * Holds lines against those that were expected.
 * @returns the names with what they stand for now; undefined when the lines are others
 */
export const matchOutput = (
  expected: readonly string[],
  actual: readonly string[],
  names: Names,
): Names | undefined => alignOutput(expected, actual, names)?.names

type Choice = 'same' | 'other' | 'drop' | 'add' | 'swallow' | 'end'
type Cell = { readonly score: number; readonly choice: Choice }

const MOST_CELLS = 200_000

const SAME = 10
const ADD = -2
const DROP = -1
const DROP_ANY_LINES = -6
const ALIKE = 0.5
// Better than to drop the line and let `...` have what was shown in its place.
const UNLIKE = -0.5

/** How much of what a line says, its wildcards apart, is in another: from 0 to 1. */
const likeness = (line: string, shown: string): number => {
  const says = withoutWildcards(line)
  const longest = Math.max(says.length, shown.length)
  const whole = hasWildcard(line) ? says.length : longest
  return whole === 0 ? 0 : (longest - distance(says, shown)) / whole
}

const best = (cells: readonly Cell[]): Cell => cells.reduce((a, b) => (b.score > a.score ? b : a))

// This is how the longest common subsequence is found. But a line with wildcards equals each line that it matches, and `...`
// equals any number of lines.
const align = (expected: readonly string[], actual: readonly string[], names: Names): Cell[][] => {
  const table: Cell[][] = []
  for (let i = expected.length; i >= 0; i -= 1) {
    table[i] = []
    for (let j = actual.length; j >= 0; j -= 1) {
      const at = (a: number, b: number, choice: Choice, gain: number): Cell[] => {
        const score = table[a]?.[b]?.score
        return score === undefined ? [] : [{ score: score + gain, choice }]
      }
      const line = expected[i]
      const shown = actual[j]
      if (line === undefined) {
        table[i]![j] = shown === undefined ? { score: 0, choice: 'end' } : at(i, j + 1, 'add', ADD)[0]!
      } else if (line === ANY_LINES) {
        table[i]![j] = best([
          ...at(i + 1, j, 'swallow', 0),
          ...at(i, j + 1, 'swallow', 0),
          ...at(i + 1, j, 'drop', DROP_ANY_LINES),
        ])
      } else {
        const cells = at(i + 1, j, 'drop', DROP)
        if (shown !== undefined) {
          const isSame = matchLine(line, shown, names) !== undefined
          const like = likeness(line, shown)
          const gain = isSame ? SAME : like > ALIKE ? like : UNLIKE
          cells.unshift(...at(i + 1, j + 1, isSame ? 'same' : 'other', gain))
          cells.push(...at(i, j + 1, 'add', ADD))
        }
        table[i]![j] = best(cells)
      }
    }
  }
  return table
}

/**
 * The lines that a text should have: its own lines with wildcards where they still match, and the lines shown everywhere else.
 * @param names what they stood for before the command
 */
export const keepMatchingWildcards = (
  expected: readonly string[],
  actual: readonly string[],
  names: Names,
): string[] => {
  if (matchOutput(expected, actual, names)) return [...expected]
  if (expected.length * actual.length > MOST_CELLS) return [...actual]
  const table = align(expected, actual, names)
  const lines: string[] = []
  let known = names
  let i = 0
  let j = 0
  while (i < expected.length || j < actual.length) {
    const { choice } = table[i]![j]!
    if (choice === 'swallow') {
      const stays = table[i + 1]?.[j]?.score ?? Number.NEGATIVE_INFINITY
      if (stays === table[i]![j]!.score || j === actual.length) {
        lines.push(ANY_LINES)
        i += 1
      } else {
        j += 1
      }
    } else if (choice === 'drop') {
      i += 1
    } else {
      // A name may have got another meaning on the way.
      const next = choice === 'same' ? matchLine(expected[i]!, actual[j]!, known) : undefined
      lines.push(next ? expected[i]! : actual[j]!)
      known = next ?? known
      if (choice !== 'add') i += 1
      j += 1
    }
  }
  return matchOutput(lines, actual, names) ? lines : [...actual]
}
