/** What the tests of cgroups look at: the kernel's files. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { eventually, mountinfo, needs } from '../harness/index.ts'

/** What a test needs that makes containers with limits. */
export const needsCgroups = () => needs('root', 'busybox', 'cgroup:cpu', 'cgroup:memory', 'cgroup:pids')

/** Where a container's group lies in the hierarchy that carries a controller. */
export const groupPath = (controller: string, name: string | number): string =>
  join(hierarchyOf(controller).mountPoint, 'skdocker', String(name))

/** What a file of a group says, by its name in v1 and in v2. */
export const groupFile = (controller: string, name: string | number, files: { v1: string; v2: string }): string => {
  const file = hierarchyOf(controller).version === 1 ? files.v1 : files.v2
  return readFileSync(join(groupPath(controller, name), file), 'utf8').trim()
}

/** The path of the group a process is in, below the root of the hierarchy, out of what /proc/PID/cgroup says. */
export const groupIn = (procCgroup: string, controller: string): string | undefined => {
  const lines = procCgroup
    .trim()
    .split('\n')
    .map(line => line.split(':'))
  const { version } = hierarchyOf(controller)
  return lines
    .find(([, names = '']) => (version === 1 ? names.split(',').includes(controller) : names === ''))
    ?.slice(2)
    .join(':')
}

/**
 * A command that mounts the hierarchy of a controller in a container, too. The options of v2 are the whole machine's,
 * whoever mounts it outside a cgroup namespace: so they are given as they are.
 */
export const mountHierarchy = (controller: string, directory: string): string => {
  if (hierarchyOf(controller).version === 1) return `mount -t cgroup -o ${controller} none ${directory}`
  const superOptions = mountinfo().find(({ type }) => type === 'cgroup2')?.superOptions ?? []
  return `mount -t cgroup2 -o ${superOptions.join()} none ${directory}`
}

/** The name of the group in skdocker/ that a process is in, whatever program has put it there. */
export const groupOf = (pid: number): string => {
  const [, name] = /:\/skdocker\/([^/\n]+)/.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? []
  if (name === undefined) throw new Error(`process ${pid} is in no group of skdocker's`)
  return name
}

/** Whether a container has a group, in any hierarchy. */
export const hasGroup = (name: string | number): boolean =>
  ['cpu', 'memory', 'pids'].some(controller => existsSync(groupPath(controller, name)))

const stateOf = (pid: number): string | undefined => {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
  } catch {
    return 'Z'
  }
}

/** Waits until a process is gone, or a zombie that is nobody's any more. */
export const gone = (pid: number): Promise<true> =>
  eventually(`the end of ${pid}`, () => (!existsSync(`/proc/${pid}`) || stateOf(pid) === 'Z' ? true : undefined))
