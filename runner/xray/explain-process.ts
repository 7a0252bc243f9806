/**
 * Reads the plan of a process back from what the kernel says of it: the acts by which somebody would make another one
 * like it, in the order and the words of `skdocker run --explain`, each with the chapter that explains it.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { namedFlags, showCall } from '#native/argument.ts'
import { runTool } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { findHierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, settings } from '#parts/cgroup/limits.ts'
import type { Chapter } from '#skdocker/acts.ts'
import { gateLines, type Line } from '#skdocker/explain-acts.ts'
import { isRoot } from '../is-root.ts'
import { type Mount, mountinfo } from '../probe/mountinfo.ts'
import { status } from '../probe/process-facts.ts'
import { allContainers, cableOf, networkOf } from './describe.ts'
import { type Container, type Facts, facts } from './facts.ts'
import type { NamespaceKind, ProcessTree } from './find-containers.ts'
import type { Device, Network } from './network-facts.ts'

/** What is its own and no chapter explains, by the field of /proc/PID/status that tells it. */
export type Unexplained = 'Uid' | 'CapBnd' | 'Seccomp' | 'NoNewPrivs'

/** The acts, and what they leave out. */
export type Explanation = { readonly lines: readonly Line[]; readonly unexplained: readonly Unexplained[] }

const parent = (chapter: Chapter, call: string): Line => ({ who: 'parent', call, chapter })
const child = (chapter: Chapter, call: string): Line => ({ who: 'child', call, chapter })

const FLAGS: Readonly<Record<NamespaceKind, number>> = {
  mnt: linux.CLONE_NEWNS,
  pid: linux.CLONE_NEWPID,
  net: linux.CLONE_NEWNET,
  uts: linux.CLONE_NEWUTS,
  ipc: linux.CLONE_NEWIPC,
  cgroup: linux.CLONE_NEWCGROUP,
  user: linux.CLONE_NEWUSER,
  time: linux.CLONE_NEWTIME,
}

const birth = (pid: number, own: readonly NamespaceKind[]): Line => {
  const flags = own.reduce((sum, kind) => sum | FLAGS[kind], 0)
  const names = flags === 0 ? [] : [namedFlags(flags, linux.CLONE).text]
  const call = `clone(child, ${[...names, 'SIGCHLD'].join('|')}) = ${pid}`
  return parent(own.length === 0 ? '01-shell' : '04-allns', call)
}

const groupLines = ({ cgroup }: Container): Line[] => [
  ...cgroup.paths.map(path => parent('05-cgroup', showCall('mkdir', [path]))),
  ...LIMITS.flatMap(limit => {
    const hierarchy = findHierarchy(CONTROLLERS[limit])
    const path = cgroup.paths.find(each => hierarchy && each.startsWith(`${hierarchy.mountPoint}/`))
    const value = cgroup.limits[limit]
    if (!hierarchy || !path || value === undefined) return []
    return settings(hierarchy.version, limit, value)
      .filter(({ optional }) => !optional)
      .map(setting => parent('05-cgroup', showCall('write', [`${path}/${setting.file}`, setting.value])))
  }),
  ...cgroup.paths.map(path => parent('05-cgroup', `open("${path}/cgroup.procs", O_WRONLY)`)),
]

const joinLines = ({ cgroup }: Container): Line[] =>
  cgroup.paths.map(path => child('05-cgroup', `write(${path}/cgroup.procs, "0", 1)`))

const deviceLines = (device: Device, network: Network, pid: number, all: Facts): Line[] => {
  const { peer, bridge } = cableOf(device, network, all)
  const inside = (command: string): Line => parent('06-net', `nsenter -t ${pid} -n ip ${command}`)
  return [
    ...(peer ? [parent('06-net', `ip link add ${peer.name} type veth peer name ${device.name} netns ${pid}`)] : []),
    ...(peer && bridge ? [parent('06-net', `ip link set ${peer.name} master ${bridge.name} up`)] : []),
    ...(device.name === 'lo' ? [] : device.addresses.map(each => inside(`address add ${each} dev ${device.name}`))),
    ...(device.isUp ? [inside(`link set ${device.name} up`)] : []),
  ]
}

/** The parent plugs the network in while the child waits for it. */
const networkLines = (container: Container, pid: number, all: Facts): Line[] => {
  const network = networkOf(container, all)
  const lines = network?.devices.flatMap(device => deviceLines(device, network, pid, all)) ?? []
  if (!network || lines.length === 0) return []
  const route = network.gateway
    ? [parent('06-net', `nsenter -t ${pid} -n ip route add default via ${network.gateway}`)]
    : []
  return [...lines, ...route, ...gateLines('connectNetwork')]
}

const FLAG_OF_OPTION: Readonly<Record<string, number>> = {
  ro: linux.MS_RDONLY,
  nosuid: linux.MS_NOSUID,
  nodev: linux.MS_NODEV,
  noexec: linux.MS_NOEXEC,
}

const flagsOf = ({ options }: Mount): number =>
  options.reduce((sum, option) => sum | (FLAG_OF_OPTION[option] ?? 0), 0)

const mountCall = (
  source: string,
  target: string,
  type: string | null,
  flags: number,
  data: string | null,
): string => showCall('mount', [source, target, type, namedFlags(flags, linux.MS), data])

// The kernel adds these to what it was given.
const OWN_OPTIONS = /^(rw|ro|inode(32|64)|seclabel)$/

/** A mount that shows only a part of a filesystem has been bound. */
const mountLine = (mount: Mount, target: string): Line => {
  const { root, type, source, superOptions } = mount
  if (root !== '/' && type !== 'overlay') return child('06-net', mountCall(root, target, null, linux.MS_BIND, null))
  const data = superOptions.filter(option => !OWN_OPTIONS.test(option)).join(',') || null
  return child(
    type === 'overlay' ? '07-unionfs' : '03-mount',
    mountCall(source, target, type, flagsOf(mount), data),
  )
}

/** Stands for a path that only the process's starter knew. */
const NEW_ROOT = 'NEW_ROOT'

const rootLines = ({ root, mounts, own }: Container): Line[] => {
  if (!root.isOwn) return []
  if (root.path !== '/' || !own.includes('mnt'))
    return [child('02-chroot', showCall('chroot', [root.path])), child('02-chroot', showCall('chdir', ['/']))]
  const below = mounts.find(({ mountPoint }) => mountPoint === '/')
  return [
    ...(below ? [mountLine(below, NEW_ROOT)] : []),
    child('02-chroot', showCall('chdir', [NEW_ROOT])),
    child('07-unionfs', showCall('pivot_root', ['.', '.'])),
  ]
}

/** After pivot_root(2) the old root lies below the new one. It stays there for as long as mounts are bound from it. */
const oldRootLines = (lines: readonly Line[]): Line[] =>
  lines.some(({ call }) => call.startsWith('pivot_root')) ? [child('07-unionfs', 'umount2(".", MNT_DETACH)')] : []

const isSame = (one: Mount, other: Mount): boolean =>
  one.device === other.device && one.root === other.root && one.mountPoint === other.mountPoint

/** The mounts that are its own, not copies of ours. */
const mountLines = ({ mounts, root, own }: Container): Line[] => {
  const ours = root.isOwn ? [] : mountinfo()
  return own.includes('mnt') || root.isOwn
    ? mounts
        .filter(mount => (!root.isOwn || mount.mountPoint !== '/') && !ours.some(each => isSame(mount, each)))
        .map(mount => mountLine(mount, mount.mountPoint))
    : []
}

const nameLines = async ({ own }: Container, pid: number): Promise<Line[]> => {
  if (!own.includes('uts') || !isRoot()) return []
  const nameOf = async (words: readonly string[]): Promise<string> =>
    (await runTool(['nsenter', ...words, '--', 'uname', '-n'])).trim()
  const [its, ours] = [await nameOf(['-t', String(pid), '-u']), await nameOf(['-t', String(process.pid), '-u'])]
  // Without a call a new namespace has the name of the old one.
  return its === ours ? [] : [child('04-allns', showCall('sethostname', [its, Buffer.byteLength(its)]))]
}

const listIn = (pid: number, file: string): string[] =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').replace(/\0$/, '').split('\0')

/** The target of a link of a process, as this sees it from its own root. */
const linkInside = (pid: number, name: 'cwd' | 'exe'): string => {
  const [target, root] = [readlinkSync(`/proc/${pid}/${name}`), readlinkSync(`/proc/${pid}/root`)]
  return target === root || target.startsWith(`${root}/`) ? target.slice(root.length) || '/' : target
}

const directoryLines = (pid: number): Line[] => {
  const directory = linkInside(pid, 'cwd')
  return directory === '/' ? [] : [child('02-chroot', showCall('chdir', [directory]))]
}

const commandLine = (pid: number): Line => {
  const call = showCall('execve', [linkInside(pid, 'exe'), listIn(pid, 'cmdline'), listIn(pid, 'environ')])
  return child('01-shell', call)
}

const FIELDS = ['Uid', 'CapBnd', 'Seccomp', 'NoNewPrivs'] as const

const unexplainedOf = (pid: number): Unexplained[] => {
  const [its, ours] = [status(pid), status()]
  return FIELDS.filter(field => its[field] !== ours[field])
}

const holds = (trees: readonly ProcessTree[], pid: number): boolean =>
  trees.some(tree => tree.pid === pid || holds(tree.children, pid))

const linesOf = async (container: Container, pid: number, all: Facts): Promise<Line[]> => [
  ...groupLines(container),
  birth(pid, container.own),
  ...joinLines(container),
  ...networkLines(container, pid, all),
  ...(container.own.includes('mnt')
    ? [child('04-allns', mountCall('none', '/', null, linux.MS_REC | linux.MS_PRIVATE, null))]
    : []),
  ...rootLines(container),
  ...mountLines(container),
  ...oldRootLines(rootLines(container)),
  ...(await nameLines(container, pid)),
  ...directoryLines(pid),
  commandLine(pid),
]

/**
 * Explains a process.
 * @throws ProgramError when there is none, or it may not be looked at
 */
export const explainProcess = async (pid: number): Promise<Explanation> => {
  const all = await facts({ root: pid })
  const container = allContainers(all).find(({ processes }) => holds(processes, pid))
  try {
    const lines = container
      ? await linesOf(container, pid, all)
      : [birth(pid, []), ...directoryLines(pid), commandLine(pid)]
    return { lines, unexplained: unexplainedOf(pid) }
  } catch (error) {
    if (error instanceof ProgramError) throw error
    throw new ProgramError(`process ${pid} cannot be read to its end: ${(error as Error).message}`)
  }
}
