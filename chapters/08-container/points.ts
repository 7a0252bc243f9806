/** A process held against the first of the host, point by point. */

import type { Facts } from './facts.ts'

export type Point = {
  readonly name: string
  /** whether it has something of its own there */
  readonly own: boolean
  readonly seen: string
}

const size = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

const limitsText = ({ cpus, memory, pids }: Facts['limits']): string =>
  [
    cpus === undefined ? [] : `${cpus} CPUs`,
    memory === undefined ? [] : `${size(memory)} of memory`,
    pids === undefined ? [] : `${pids} processes`,
  ]
    .flat()
    .join(', ')

const few = (words: readonly string[]): string =>
  words.length > 4 ? `${words.slice(0, 3).join(', ')} and ${words.length - 3} more` : words.join(', ')

const same = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n')

/**
 * Everything in which it may differ from the first process of the host.
 * @param asker of the host as well: systemd gives every login and every service a cgroup, so to be in another one than
 * the first says nothing
 */
export const compare = (it: Facts, first: Facts, asker: Facts): Point[] => [
  ...[...it.namespaces].map(([kind, inode]) => ({
    name: `namespace ${kind}`,
    own: first.namespaces.get(kind) !== inode,
    seen: inode,
  })),
  { name: 'pid', own: it.pids.length > 1, seen: `${it.pids.at(-1)}, as it sees itself` },
  {
    name: 'root directory',
    own: it.root !== first.root,
    // Who was only given another root, by chroot(2), does not see the mount it lies on.
    seen: it.mounts.find(mount => mount.startsWith('/ ')) ?? it.rootPath,
  },
  { name: 'mounts', own: !same(it.mounts, first.mounts), seen: few(it.mounts) || 'none to be seen' },
  {
    name: 'cgroup',
    own: [first, asker].every(({ cgroups }) => !same(it.cgroups, cgroups)),
    seen: few(it.cgroups.filter(line => !line.endsWith(':/'))) || '/',
  },
  {
    name: 'limits',
    // systemd limits the processes of each service: to be free of that is nothing of its own.
    own: [{}, first.limits, asker.limits].every(limits => limitsText(it.limits) !== limitsText(limits)),
    seen: limitsText(it.limits) || 'none',
  },
  { name: 'network devices', own: !same(it.devices, first.devices), seen: few(it.devices) },
  { name: 'capabilities', own: it.capabilities !== first.capabilities, seen: it.capabilities },
]

// What makes a user believe in a machine of his own: other files, other processes.
const ESSENTIAL = ['namespace mnt', 'namespace pid', 'root directory']

/** What it is, going by how it looks. */
export const verdict = (points: readonly Point[]): string => {
  const own = points.filter(point => point.own)
  const share = `${own.length} of ${points.length} points are its own`
  if (own.length === 0) return `${share}: a process of the host like any other.`
  if (ESSENTIAL.every(name => own.some(point => point.name === name)))
    return `${share}: it looks like a container, it lives like a container. It is a process, and it is a container.`
  return `${share}: a process with something of its own, but nobody would take it for a machine.`
}
