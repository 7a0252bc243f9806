/** Removing what was found. */

import { explain } from '../explain-error.ts'
import type { Finder } from './finders.ts'
import type { Leftover, Search } from './leftover.ts'

type Removal = {
  /** whether running containers are killed */
  readonly isForced: boolean
  /** is told of each that is gone */
  readonly say: (line: string) => void
  /** is told of each that stays */
  readonly complain: (line: string) => void
}

/** Why one is still there, undefined where it is not. */
const removeOne = async ({ usedBy, force, remove }: Leftover, isForced: boolean): Promise<string | undefined> => {
  if (usedBy && !(isForced && force)) return `it is in use by ${usedBy}${force ? ': --force ends that' : ''}`
  try {
    if (usedBy) await force!()
    await remove()
    return undefined
  } catch (error) {
    return explain(error).line
  }
}

/**
 * Removes what was shown, and nothing else.
 * @param find looks again: with what was removed before, some of it may have gone, or be in use no longer
 * @param shown what it found then
 * @returns whether all of it is gone
 */
export const removeShownLeftovers = async (
  find: Finder,
  shown: Search,
  { isForced, say, complain }: Removal,
): Promise<boolean> => {
  if (shown.leftovers.length === 0) return true
  const now = (await find()).leftovers
  let areGone = true
  for (const { what } of shown.leftovers) {
    const leftover = now.find(each => each.what === what)
    const reason = leftover && (await removeOne(leftover, isForced))
    if (reason === undefined) say(`removed: ${what}`)
    else complain(`not removed: ${what}: ${reason}`)
    areGone &&= reason === undefined
  }
  return areGone
}
