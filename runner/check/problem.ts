/** What a check finds. */

import { diffArrays } from 'diff'

/** A difference between a text and the world, or between two texts. */
export type Problem = {
  /** absolute path of the text */
  readonly file: string
  readonly line: number
  readonly message: string
  /** further lines: a diff, a screen */
  readonly detail?: readonly string[]
  /** set where --update makes it right */
  readonly fixable?: boolean
}

/** A transcript that was not run, for a reason that is no mistake. */
export type Skip = {
  readonly file: string
  readonly line: number
  readonly reason: string
  /** set where the same is shown for another kind of machine, and that one was run */
  readonly alternative: boolean
}

const CONTEXT = 3 // lines

/**
 * The difference of two lists of lines, readable: `-` what the text says, `+` what is so.
 * @param text lines of the text
 * @param world lines as they should be
 */
export const diffLines = (text: readonly string[], world: readonly string[]): string[] => {
  const marked = diffArrays([...text], [...world]).flatMap(({ value, added, removed }) =>
    value.map(line => ({ line, sign: added ? '+' : removed ? '-' : ' ' })),
  )
  const isNear = (index: number): boolean =>
    marked.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' ')
  return marked.flatMap(({ line, sign }, index) => {
    if (isNear(index)) return [`${sign} ${line}`.trimEnd()]
    return isNear(index - 1) || index === 0 ? ['  …'] : []
  })
}
