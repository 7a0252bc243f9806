/** What the acts of a container's start depend on and only this host knows. It is looked up before the first act. */

import { existsSync, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { findHierarchy, type Hierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS } from '#parts/cgroup/limits.ts'
import { resolvConf } from '#parts/network/resolv-conf.ts'
import { callersTerminal } from '#parts/rootfs/terminal-name.ts'
import { home } from './home-layout.ts'
import type { Plan } from './plan.ts'

export type HostFacts = {
  /** the directory of images and containers */
  readonly home: string
  /** by controller, where the host has it: where its groups are, and by which version of cgroups */
  readonly hierarchies: Readonly<Record<string, Hierarchy | undefined>>
  /** the caller's terminal, where stdin is one, and its kind */
  readonly terminal: { readonly path: string; readonly kind: string } | undefined
  /** what the container is to find in /etc/resolv.conf */
  readonly resolvConf: string
  /** whether there is a bridge already, and whether the host forwards packets */
  readonly hasBridge: boolean
  readonly forwards: boolean
  /** the command by which the shim of a detached container puts that away */
  readonly cleanup: readonly string[]
}

const lookUpHierarchies = ({ limits }: Pick<Plan, 'limits'>): HostFacts['hierarchies'] => {
  // A limit on processes is always kept, where the host can keep it.
  const needed = LIMITS.filter(limit => limit === 'pids' || limits[limit] !== undefined)
  return Object.fromEntries(needed.map(limit => [CONTROLLERS[limit], findHierarchy(CONTROLLERS[limit])]))
}

/** TERM for a command whose stdin is the caller's; undefined where that is no terminal. */
export const callersTerminalKind = (): string | undefined => (isatty(0) ? (process.env.TERM ?? 'xterm') : undefined)

const lookUpTerminal = ({ detached }: Pick<Plan, 'detached'>): HostFacts['terminal'] => {
  const path = detached ? undefined : callersTerminal()
  const kind = callersTerminalKind()
  return path === undefined || kind === undefined ? undefined : { path, kind }
}

/** Looks up what a plan depends on. It takes no root and changes nothing. Throws NodeJS.ErrnoException. */
export const lookUpHostFacts = (plan: Plan): HostFacts => ({
  home: home(),
  hierarchies: lookUpHierarchies(plan),
  terminal: lookUpTerminal(plan),
  resolvConf: resolvConf(plan.network),
  hasBridge: existsSync('/sys/class/net/skdocker0'),
  forwards: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1',
  cleanup: [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'cleanup', plan.id],
})
