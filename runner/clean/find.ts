/** Everything of ours that is still there, in the order in which it can be removed. */

import { findCgroups } from './cgroups.ts'
import { findContainers } from './containers.ts'
import { findFiles } from './files.ts'
import { type Search, together } from './leftover.ts'
import { findMounts } from './mounts.ts'
import { findNetwork } from './network.ts'

/**
 * Looks for what is left of us on this machine. It changes nothing.
 * @param all whether busybox/ and images/ count, too
 * @throws ProgramError
 */
export const findLeftovers = async (all: boolean): Promise<Search> =>
  together([findContainers(), findMounts(), await findNetwork(), findCgroups(), findFiles(all)])
