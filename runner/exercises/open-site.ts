/** Opens the site where programs are tried. Apart from site.ts, because a lab takes long to load, and no list needs one. */

import { TAKES_ROOT } from '#native/program-error.ts'
import { isRoot } from '../is-root.ts'
import { Lab, LabError, USUAL_BOUNDS } from '../lab/lab.ts'
import { BareSite, type Site } from './site.ts'

/**
 * A lab for programs that are not to be trusted: the disk of this machine cannot be written to, and there is an end to
 * what they can use.
 * @param keep directories of theirs, which must be seen in it
 * @throws LabError
 */
export const openTrialLab = (keep: readonly string[] = []): Promise<Lab> =>
  Lab.open({ isDiskReadOnly: true, bounds: USUAL_BOUNDS, keep })

// Root always gets a lab, because root's programs can harm the machine.
const openSite = async (needsRoot: boolean, keep: readonly string[]): Promise<Site> => {
  if (isRoot()) return openTrialLab(keep)
  if (needsRoot) throw new LabError(TAKES_ROOT)
  return new BareSite()
}

/**
 * Does something at a site of its own, which is closed then.
 * @param needsRoot whether nothing but a lab will do
 * @param keep directories that must be seen in a lab
 * @throws LabError that says what to do, where no lab can be made
 */
export const withSite = async <T>(
  needsRoot: boolean | undefined,
  keep: readonly string[],
  act: (site: Site) => Promise<T>,
): Promise<T> => {
  const site = await openSite(needsRoot ?? true, keep)
  try {
    return await act(site)
  } finally {
    await site.close()
  }
}
