/** What is on the machine because of containers, read from the kernel. Nothing is written. */

import { readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInstalled } from '#native/find-on-path.ts'
import { hasErrno, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { isRoot } from '../is-root.ts'
import { type Mount, mountinfo } from '../probe/mountinfo.ts'
import { readProcess } from '../probe/processes.ts'
import {
  type CgroupFacts,
  type CpuMeter,
  cgroupOf,
  findLimitHierarchies,
  type Hierarchies,
  SHORTEST_MEASUREMENT,
} from './cgroup-facts.ts'
import {
  findContainers,
  type Group,
  type NamespaceKind,
  type ProcessTree,
  starterOf,
  surroundings,
  treesOf,
} from './find-containers.ts'
import { type Layers, layersOf } from './layer-facts.ts'
import type { Network, NetworkPlace } from './network-facts.ts'
import { Recollection } from './recollection.ts'

/** A container: processes that have something of their own, and what that is. */
export type Container = {
  /** of its first process, as the host sees it */
  readonly pid: number
  readonly starter?: { readonly pid: number; readonly command: string }
  readonly namespaces: Readonly<Partial<Record<NamespaceKind, string>>>
  /** the kinds of namespaces that it does not share with what is around it */
  readonly own: readonly NamespaceKind[]
  readonly root: { readonly path: string; readonly isOwn: boolean }
  readonly mounts: readonly Mount[]
  readonly layers?: Layers
  readonly cgroup: CgroupFacts
  readonly processes: readonly ProcessTree[]
  /** those that were made in it */
  readonly containers: readonly Container[]
}

/** What could not be looked at: how many processes, whether networks, and why. */
export type Unseen = {
  readonly processes: number
  /** 'root': only root may look; 'ip': there is no ip on PATH */
  readonly networks?: 'root' | 'ip'
}

export type Facts = {
  /** the namespaces with which all others are compared */
  readonly host: Readonly<Partial<Record<NamespaceKind, string>>>
  readonly containers: readonly Container[]
  /** the host's first, then each that a container has of its own */
  readonly networks: readonly Network[]
  readonly unseen: Unseen
}

export type FactsOptions = {
  /** the pid below which containers are looked for; by default everywhere */
  readonly root?: number
  /** the pid of a process that counts as the host's; by default this one */
  readonly host?: number
  /** of whoever looks again and again */
  readonly recollection?: Recollection
}

/** What is the same for all containers that are looked at. */
type Look = {
  readonly groups: readonly Group[]
  readonly host: number | 'self'
  readonly hierarchies: Hierarchies
  readonly meter: CpuMeter
}

/** What a process sees of its mounts; none when it has ended or may not be looked at. */
const mountsOf = (pid: number): Mount[] => {
  try {
    return mountinfo(pid)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL')) return []
    throw error
  }
}

const rootPathOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/root`)
  } catch {
    return '/'
  }
}

/** The pids of a process's parents, the nearest first. */
export const ancestorsOf = (pid: number): number[] => {
  const parent = readProcess(pid)?.ppid ?? 0
  return parent === 0 ? [] : [parent, ...ancestorsOf(parent)]
}

/** A process that sees what is around a container. */
const outsideOf = ({ around }: Group, { host }: Look): number | 'self' => around?.first.pid ?? host

const cgroupIn = (group: Group, look: Look): CgroupFacts => {
  const starter = starterOf(group)
  const others = [outsideOf(group, look), ...(starter ? [starter.pid] : [])]
  return cgroupOf(group.first.pid, others, look.hierarchies, look.meter)
}

const containerOf = (group: Group, look: Look): Container => {
  const { first, own, hasOwnRoot } = group
  const { pid } = first
  const starter = starterOf(group)
  const mounts = mountsOf(pid)
  const outside = outsideOf(group, look)
  const root = mounts.findLast(({ mountPoint }) => mountPoint === '/')
  const layers = layersOf(root, `/proc/${outside}/root`, ancestorsOf(pid))
  return {
    pid,
    ...(starter && { starter }),
    namespaces: first.namespaces,
    own,
    root: { path: rootPathOf(pid), isOwn: hasOwnRoot },
    mounts,
    ...(hasOwnRoot && layers && { layers }),
    cgroup: cgroupIn(group, look),
    processes: treesOf(group),
    containers: containersIn(group, look),
  }
}

const containersIn = (around: Group | undefined, look: Look): Container[] =>
  look.groups.filter(group => group.around === around).map(group => containerOf(group, look))

const networkPlaces = (groups: readonly Group[], host: number | 'self'): NetworkPlace[] => {
  const ofHost = surroundings(host).namespaces.net
  const places = new Map<string, NetworkPlace>()
  if (ofHost) places.set(ofHost, { namespace: ofHost, pid: host === 'self' ? process.pid : host, around: [] })
  for (const { first, around } of groups) {
    const { net } = first.namespaces
    const outside = around?.first.namespaces.net ?? ofHost
    if (net && !places.has(net))
      places.set(net, { namespace: net, pid: first.pid, around: outside ? [outside] : [] })
  }
  return [...places.values()]
}

/** Why networks are not looked at. A tool enters a network namespace by setns(2), which is root's. */
const whyNoNetworks = (): Unseen['networks'] => {
  if (!isRoot()) return 'root'
  return isInstalled('ip') ? undefined : 'ip'
}

/** Throws ProgramError for a process that is not there, or may not be looked at. */
const requireProcess = (pid: number): void => {
  if (!readProcess(pid)) throw new ProgramError(`there is no process ${pid}: ps(1) shows those there are`)
  try {
    surroundings(pid)
  } catch (error) {
    if (!hasErrno(error, 'EACCES', 'EPERM', 'ENOENT')) throw error
    const why = hasErrno(error, 'ENOENT') ? 'it has ended' : TAKES_ROOT
    throw new ProgramError(`process ${pid} cannot be looked at: ${why}`)
  }
}

/**
 * Reads what is on the machine because of containers: processes, namespaces, mounts, layers, cgroups, networks.
 * @throws ProgramError when there is no process `root` or `host`, or it may not be looked at; Interrupted
 */
export const facts = async (options: FactsOptions = {}): Promise<Facts> => {
  const { root, host = 'self', recollection = new Recollection() } = options
  for (const pid of [root, options.host]) if (pid !== undefined) requireProcess(pid)
  const { groups, unseen } = findContainers(host, root)
  const look: Look = { groups, host, hierarchies: findLimitHierarchies(), meter: recollection.meter }
  if (options.recollection === undefined && groups.length > 0) {
    for (const group of groups) cgroupIn(group, look) // the meter compares with this
    await sleep(SHORTEST_MEASUREMENT)
  }
  const why = whyNoNetworks()
  return {
    host: surroundings(host).namespaces,
    networks: why || groups.length === 0 ? [] : await recollection.networksOf(networkPlaces(groups, host)),
    containers: containersIn(undefined, look),
    unseen: { processes: unseen, ...(why && { networks: why }) },
  }
}
