/** Removing what was found. */

import { explain } from '../explain.ts'
import type { Leftover } from './leftover.ts'

/** Why one is still there, undefined where it is not. */
const removeOne = async ({ usedBy, force, remove }: Leftover, isForced: boolean): Promise<string | undefined> => {
  if (usedBy && !(isForced && force)) return `it is in use by ${usedBy}`
  try {
    if (usedBy) await force!()
    await remove()
    return undefined
  } catch (error) {
    return explain(error).line
  }
}

/**
 * Removes them one after the other; what cannot be removed does not keep the others.
 * @param isForced whether running containers are killed
 * @param say is told of each that is gone
 * @param complain is told of each that stays
 * @returns whether all are gone
 */
export const removeAll = async (
  leftovers: readonly Leftover[],
  isForced: boolean,
  say: (line: string) => void,
  complain: (line: string) => void,
): Promise<boolean> => {
  let areGone = true
  for (const leftover of leftovers) {
    const reason = await removeOne(leftover, isForced)
    if (reason === undefined) say(`removed: ${leftover.what}`)
    else complain(`not removed: ${leftover.what}: ${reason}`)
    areGone &&= reason === undefined
  }
  return areGone
}
