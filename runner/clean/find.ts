/** Everything of ours that is still there, in the order in which it can be removed. */

import { findCgroups } from './cgroups.ts'
import { findContainers } from './containers.ts'
import { findFiles } from './files.ts'
import type { Search } from './leftover.ts'
import { findMounts } from './mounts.ts'
import { findNetwork } from './network.ts'

/** Looks for what is left of one kind. It changes nothing. */
export type Finder = () => Search | Promise<Search>

/**
 * Who looks for what.
 * @param all whether busybox/ and images/ count, too
 */
export const finders = (all: boolean): readonly Finder[] => [
  findContainers,
  findMounts,
  findNetwork,
  findCgroups,
  () => findFiles(all),
]
