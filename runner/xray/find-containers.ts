/**
 * Finds what is on the machine because of containers, whoever made them. A container is a process that is the first in a
 * namespace, or in a root directory, which what is around it has not. The kernel knows no other.
 */

import { statSync } from 'node:fs'
import { hasErrno } from '#native/index.ts'
import { commandLineOf, pidsOf } from '#native/process-state.ts'
import { namespaces } from '../probe/process-facts.ts'
import { descendants, type Process, processes, readProcess } from '../probe/processes.ts'

const KINDS = ['mnt', 'pid', 'net', 'uts', 'ipc', 'cgroup', 'user', 'time'] as const

/** The kinds of namespaces, as /proc/PID/ns has them. Source: namespaces(7) */
export type NamespaceKind = (typeof KINDS)[number]

/** Where a process lives: the name of its namespace of each kind, and its root directory. */
export type Surroundings = {
  readonly namespaces: Readonly<Partial<Record<NamespaceKind, string>>>
  /** the device and the inode of its root directory: after pivot_root(2) its path is / again */
  readonly root: string
}

/** A process, and where it lives. */
export type Inhabitant = Process & Surroundings

/** Processes that live in the same namespaces and the same root. */
export type Group = {
  /** the oldest of them: the container's first process */
  readonly first: Inhabitant
  readonly members: Inhabitant[]
  /** the group that made it; undefined where that is the host */
  readonly around: Group | undefined
  /** the kinds of namespaces that it does not share with what is around it */
  readonly own: readonly NamespaceKind[]
  readonly hasOwnRoot: boolean
}

/** A process, in the tree of its parents and children. */
export type ProcessTree = {
  readonly pid: number
  /** its pid in each pid namespace below ours, its own last; none where it is in ours. Source: proc_pid_status(5), NSpid */
  readonly inside: readonly number[]
  readonly command: string
  readonly children: readonly ProcessTree[]
}

/**
 * Looks where a process lives.
 * @throws NodeJS.ErrnoException: ENOENT when it is gone, EACCES when it may not be looked at
 */
export const surroundings = (pid: number | 'self'): Surroundings => {
  const all = namespaces(pid)
  const { dev, ino } = statSync(`/proc/${pid}/root/`)
  return {
    namespaces: Object.fromEntries(KINDS.flatMap(kind => (all[kind] ? [[kind, all[kind]]] : []))),
    root: `${dev}:${ino}`,
  }
}

type Sight = { readonly inhabitants: readonly Inhabitant[]; readonly unseen: number }

/** Looks at processes; those that end meanwhile are left out, and those that may not be looked at are counted. */
const lookAt = (among: readonly Process[]): Sight => {
  let unseen = 0
  const inhabitants = among.flatMap(process => {
    try {
      return [{ ...process, ...surroundings(process.pid) }]
    } catch (error) {
      // A zombie has no namespaces any more, and nobody may look at those of another user's process.
      if (hasErrno(error, 'EACCES', 'EPERM')) unseen += process.state === 'Z' ? 0 : 1
      else if (!hasErrno(error, 'ENOENT', 'ESRCH')) throw error
      return []
    }
  })
  return { inhabitants, unseen }
}

const key = ({ namespaces: names, root }: Surroundings): string =>
  [...KINDS.map(kind => names[kind] ?? ''), root].join(' ')

/** Whether two processes live in the same namespaces and the same root. */
export const sameSurroundings = (one: Surroundings, other: Surroundings): boolean => key(one) === key(other)

/**
 * The processes below one, and those that were put beside it or below it from outside, such as a shell that nsenter(1)
 * has started there. They share its pid namespace, where that is not ours.
 */
const belongingTo = (root: number, among: readonly Process[]): Process[] => {
  const ours = namespaces('self').pid
  const its = namespaces(root).pid
  const isBeside = ({ pid }: Process): boolean => {
    try {
      return its !== ours && namespaces(pid).pid === its
    } catch {
      return false
    }
  }
  const heads = among.filter(process => process.pid === root || isBeside(process))
  const all = new Map(heads.map(head => [head.pid, head]))
  for (const head of heads) for (const process of descendants(head.pid, [...among])) all.set(process.pid, process)
  return [...all.values()]
}

const byAge = (a: Process, b: Process): number => a.starttime - b.starttime || a.pid - b.pid

const newGroup = (first: Inhabitant, around: Group | undefined, outside: Surroundings): Group => ({
  first,
  members: [first],
  around,
  own: KINDS.filter(kind => first.namespaces[kind] !== outside.namespaces[kind]),
  hasOwnRoot: first.root !== outside.root,
})

/**
 * Sorts processes by where they live. A parent is older than its child, so its group is there before.
 * @param host where nothing is a container
 */
const groupsAmong = (inhabitants: readonly Inhabitant[], host: Surroundings): Group[] => {
  const groups = new Map<string, Group>()
  const groupOfPid = new Map<number, Group>()
  for (const process of [...inhabitants].sort(byAge)) {
    if (key(process) === key(host)) continue
    const found = groups.get(key(process))
    const around = groupOfPid.get(process.ppid)
    const group = found ?? newGroup(process, around, around?.first ?? host)
    if (found) found.members.push(process)
    groups.set(key(process), group)
    groupOfPid.set(process.pid, group)
  }
  return [...groups.values()]
}

/** What was found: the containers, the oldest first, and how many processes may not be looked at. */
export type Found = { readonly groups: readonly Group[]; readonly unseen: number }

/**
 * Finds all containers.
 * @param host a process for which nothing around it is a container
 * @param root the process below which they are looked for; by default everywhere
 * @throws NodeJS.ErrnoException when one of the two may not be looked at
 */
export const findContainers = (host: number | 'self', root?: number): Found => {
  const others = processes().filter(({ pid }) => pid !== process.pid)
  const { inhabitants, unseen } = lookAt(root === undefined ? others : belongingTo(root, others))
  return { groups: groupsAmong(inhabitants, surroundings(host)), unseen }
}

// Behind the options that tsx gives Node there is the program.
const LONGEST_COMMAND = 1000 // characters

const commandOf = ({ pid, comm }: Process): string => commandLineOf(pid, LONGEST_COMMAND) || `[${comm}]`

// The first pid is the one that our own pid namespace has for it.
const pidsInside = (pid: number): number[] => pidsOf(pid).slice(1)

const treeOf = (process: Process, members: readonly Process[]): ProcessTree => ({
  pid: process.pid,
  inside: pidsInside(process.pid),
  command: commandOf(process),
  children: members.filter(({ ppid }) => ppid === process.pid).map(child => treeOf(child, members)),
})

/** The processes of a container as a tree. One that came in from outside, as by `exec`, is a tree beside the first. */
export const treesOf = ({ members }: Group): ProcessTree[] =>
  members.filter(({ ppid }) => !members.some(({ pid }) => pid === ppid)).map(process => treeOf(process, members))

/** Who started a container; undefined when that process is gone. */
export const starterOf = ({ first }: Group): { readonly pid: number; readonly command: string } | undefined => {
  const starter = readProcess(first.ppid)
  return starter && { pid: starter.pid, command: commandOf(starter) }
}
