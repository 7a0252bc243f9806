/** Everything of ours that is still there, in the order in which it can be removed. */

import { hasErrno } from '#native/index.ts'
import { isRoot } from '../is-root.ts'
import { findCgroups } from './clean-cgroups.ts'
import { findContainers } from './clean-containers.ts'
import { findFiles } from './clean-files.ts'
import { findMounts } from './clean-mounts.ts'
import { findNetwork } from './clean-network.ts'
import type { Search } from './leftover.ts'

const mayNotLook = (error: unknown): boolean => !isRoot() && hasErrno(error, 'EACCES', 'EPERM')

// What root has made may be hidden from other users. Those are told what they can see, and what was not looked at.
const unlessRefused =
  (find: Finder): Finder =>
  async () => {
    try {
      return await find()
    } catch (error) {
      if (!mayNotLook(error)) throw error
      return { leftovers: [], unseen: [`${(error as Error).message}: only root may look there`] }
    }
  }

/** Looks for what is left of one kind. It changes nothing. */
export type Finder = () => Search | Promise<Search>

/**
 * Who looks for what.
 * @param all whether busybox/ and images/ count, too
 */
export const finders = (all: boolean): readonly Finder[] =>
  [findContainers, findMounts, findNetwork, findCgroups, () => findFiles(all)].map(unlessRefused)
