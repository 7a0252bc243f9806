/** Runs another command in one of our containers. */

import { isatty } from 'node:tty'
import { cgroupOf } from '#chapters/05-cgroup/cgroup.ts'
import { enterContainer as enterNamespaces } from '#parts/enter.ts'
import type { Container } from './container-state.ts'
import { environmentOf } from './plan.ts'

/** TERM for a command whose stdin is the caller's; undefined where that is no terminal. */
export const callersTerminalKind = (): string | undefined => (isatty(0) ? (process.env.TERM ?? 'xterm') : undefined)

/**
 * Runs a command beside a container's own.
 * @param pid of its first process
 * @returns the exit code of the command
 * @throws ProgramError when it could not be started
 */
export const enterContainer = (container: Container, pid: number, command: readonly string[]): Promise<number> => {
  const environment = environmentOf(container, callersTerminalKind())
  return enterNamespaces(pid, command, { workdir: container.workdir, environment, cgroup: cgroupOf(container.id) })
}
