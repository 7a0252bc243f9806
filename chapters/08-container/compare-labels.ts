/** Compares a process with the first one of the host, label by label. */

import type { Labels } from './labels.ts'

type ComparedLabel = {
  readonly name: string
  /** whether the process has one of its own, not the host's */
  readonly own: boolean
  /** what the reader sees of it */
  readonly seen: string
}

const showSize = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

const showLimits = ({ cpus, memory, pids }: Labels['limits']): string =>
  [
    cpus === undefined ? [] : `${cpus} CPUs`,
    memory === undefined ? [] : `${showSize(memory)} of memory`,
    pids === undefined ? [] : `${pids} processes`,
  ]
    .flat()
    .join(', ')

const shortenList = (words: readonly string[]): string =>
  words.length > 4 ? `${words.slice(0, 3).join(', ')} and ${words.length - 3} more` : words.join(', ')

const areEqual = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n')

/**
 * Compares everything in which a process may differ from the host's.
 * @param labels of the process
 * @param first the labels of the first process of the host
 * @param own the labels of this program, which is a process of the host too. They are needed because systemd gives every
 * login and every service a cgroup: only a cgroup that differs from both says something.
 */
export const compareLabels = (labels: Labels, first: Labels, own: Labels): ComparedLabel[] => [
  ...[...labels.namespaces].map(([kind, inode]) => ({
    name: `namespace ${kind}`,
    own: first.namespaces.get(kind) !== inode,
    seen: inode,
  })),
  { name: 'pid', own: labels.pids.length > 1, seen: `${labels.pids.at(-1)}, as it sees itself` },
  {
    name: 'root directory',
    own: labels.root !== first.root,
    // A process that got another root by chroot(2) alone does not see the mount under it.
    seen: labels.mounts.find(mount => mount.startsWith('/ ')) ?? labels.rootPath,
  },
  {
    name: 'mounts',
    own: !areEqual(labels.mounts, first.mounts),
    seen: shortenList(labels.mounts) || 'none to be seen',
  },
  {
    name: 'cgroup',
    own: [first, own].every(({ cgroups }) => !areEqual(labels.cgroups, cgroups)),
    seen: shortenList(labels.cgroups.filter(line => !line.endsWith(':/'))) || '/',
  },
  {
    name: 'limits',
    // systemd limits the processes of each service, so to have no limits is nothing of its own.
    own: [{}, first.limits, own.limits].every(limits => showLimits(labels.limits) !== showLimits(limits)),
    seen: showLimits(labels.limits) || 'none',
  },
  { name: 'network devices', own: !areEqual(labels.devices, first.devices), seen: shortenList(labels.devices) },
  { name: 'capabilities', own: labels.capabilities !== first.capabilities, seen: labels.capabilities },
]

// Other files and other processes make a user believe in a machine of his own.
const ESSENTIAL = ['namespace mnt', 'namespace pid', 'root directory']

/** Says what the process is, judging by its labels. */
export const verdict = (labels: readonly ComparedLabel[]): string => {
  const own = labels.filter(label => label.own)
  const share = `${own.length} of ${labels.length} points are its own`
  if (own.length === 0) return `${share}: a process of the host like any other.`
  if (ESSENTIAL.every(name => own.some(label => label.name === name)))
    return `${share}: it looks like a container, it lives like a container. It is a process, and it is a container.`
  return `${share}: a process with something of its own, but nobody would take it for a machine.`
}
