/** What the acts of a container's start depend on besides the plan. It is looked up on the host before the first act. */

import { existsSync, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { findHierarchy } from '#parts/cgroup/hierarchy.ts'
import type { LimitedGroup, Limits } from '#parts/cgroup/limits.ts'
import { groupsFor } from '#parts/cgroup/parent-group.ts'
import { resolvConf } from '#parts/network/resolv-conf.ts'
import { callersTerminal } from '#parts/rootfs/terminal-name.ts'
import { home } from './home-layout.ts'
import type { Plan } from './plan.ts'
import { refuseDirectoryStreams } from './standard-streams.ts'

export type HostFacts = {
  /** the directory of images and containers */
  readonly home: string
  /** the limits that are to be kept, and the groups that keep them, one in each hierarchy that is needed */
  readonly limits: Limits
  readonly cgroup: readonly LimitedGroup[]
  /** the caller's terminal, where stdin is one: its path, where it has one here, and its kind */
  readonly terminal: { readonly path: string | undefined; readonly kind: string } | undefined
  /** what the container is to find in /etc/resolv.conf */
  readonly resolvConf: string
  /** whether there is a bridge already, and whether the host forwards packets */
  readonly hasBridge: boolean
  readonly forwards: boolean
  /** the command by which the shim of a detached container cleans up after it */
  readonly cleanup: readonly string[]
}

// Hardly any container needs more processes, and a fork bomb still leaves enough for the host. The number is podman's.
const DEFAULT_PIDS = 2048

/** There is always a limit where the host can keep it, so that every container has a group. */
const lookUpCgroup = ({ id, limits: wanted }: Plan): Pick<HostFacts, 'limits' | 'cgroup'> => {
  const limits = findHierarchy('pids') ? { pids: DEFAULT_PIDS, ...wanted } : wanted
  return { limits, cgroup: groupsFor(id, limits) }
}

/** The value of TERM for a command that has the caller's stdin; undefined when that is no terminal. */
export const callersTerminalKind = (): string | undefined => (isatty(0) ? (process.env.TERM ?? 'xterm') : undefined)

const lookUpTerminal = ({ detached }: Pick<Plan, 'detached'>): HostFacts['terminal'] => {
  const kind = detached ? undefined : callersTerminalKind()
  return kind === undefined ? undefined : { path: callersTerminal(), kind }
}

/**
 * Looks up what a plan depends on. It takes no root and changes nothing.
 * @throws ProgramError when the host cannot keep a limit, or a stream is a directory; NodeJS.ErrnoException
 */
export const lookUpHostFacts = (plan: Plan): HostFacts => {
  if (!plan.detached) refuseDirectoryStreams() // a detached container gets none of the caller's streams
  return {
    home: home(),
    ...lookUpCgroup(plan),
    terminal: lookUpTerminal(plan),
    resolvConf: resolvConf(plan.network),
    hasBridge: existsSync('/sys/class/net/skdocker0'),
    forwards: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1',
    cleanup: [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'cleanup', plan.id],
  }
}
