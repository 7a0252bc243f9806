/** Runs another command in one of our containers. */

import { joinCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { enterContainer as enterNamespaces } from '#parts/enter.ts'
import { environmentOf } from './acts.ts'
import type { Container } from './container-state.ts'
import { callersTerminalKind } from './host-facts.ts'
import { refuseDirectoryStreams } from './standard-streams.ts'

/**
 * Runs a command beside a container's own.
 * @param pid of its first process
 * @returns the exit code of the command
 * @throws ProgramError when it could not be started
 */
export const enterContainer = (container: Container, pid: number, command: readonly string[]): Promise<number> => {
  refuseDirectoryStreams()
  return enterNamespaces(pid, command, {
    workdir: container.workdir,
    environment: environmentOf(container, callersTerminalKind()),
    join: joinCgroup(findCgroup(container.id)),
  })
}
