/** Another command in one of our containers. */

import { joinCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { enterContainer } from '#parts/enter.ts'
import type { Container } from './container.ts'
import { environmentOf } from './start.ts'

/**
 * Runs a command beside a container's own.
 * @param pid of its init
 * @returns the exit code of the command
 * @throws ProgramError when it could not be started
 */
export const join = (container: Container, pid: number, command: readonly string[]): Promise<number> => {
  const { id, workdir } = container
  return enterContainer(pid, command, {
    workdir,
    environment: environmentOf(container),
    join: joinCgroup(findCgroup(id)),
  })
}
