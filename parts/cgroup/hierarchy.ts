/** Which cgroup hierarchy carries a controller: the one of v2, or one of the many of v1. A machine may have both. */

import { readFileSync, statSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import { deviceNumbers, type Mount, mounts } from '#native/mountinfo.ts'

/** A tree of groups, mounted as a filesystem. */
export type Hierarchy = { readonly version: 1 | 2; readonly mountPoint: string }

/** A group: a directory in a hierarchy. */
export type Group = Hierarchy & { readonly path: string }

type CgroupMount = Hierarchy & Pick<Mount, 'device' | 'superOptions'> & { readonly writable: boolean }

const cgroupMount = ({ type, mountPoint, device, options, superOptions }: Mount): CgroupMount[] => {
  if (type !== 'cgroup' && type !== 'cgroup2') return []
  const writable = ![...options, ...superOptions].includes('ro')
  return [{ version: type === 'cgroup' ? 1 : 2, mountPoint, device, writable, superOptions }]
}

// A mount that lies hidden under another one cannot be reached by its path.
const isVisible = ({ mountPoint, device }: CgroupMount): boolean => {
  const stat = statSync(mountPoint, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && deviceNumbers(stat.dev).join(':') === device
}

/** The controllers that a v2 group can hand down. Source: Documentation/admin-guide/cgroup-v2.rst, Core Interface Files */
const handedDown = (directory: string): string[] =>
  readFileSync(`${directory}/cgroup.controllers`, 'utf8').trim().split(' ')

const carries = ({ version, mountPoint, superOptions }: CgroupMount, controller: string): boolean =>
  (version === 1 ? superOptions : handedDown(mountPoint)).includes(controller)

/** The mounts by which a controller can be reached, v2 before v1. */
const mountsOf = (controller: string, mountinfo?: string): CgroupMount[] =>
  mounts(mountinfo)
    .flatMap(cgroupMount)
    .filter(mount => isVisible(mount) && carries(mount, controller))
    .sort((a, b) => b.version - a.version)

/** Does what hierarchyOf() does, but returns undefined where there is none. */
export const findHierarchy = (controller: string, mountinfo?: string): Hierarchy | undefined => {
  const mount = mountsOf(controller, mountinfo).find(({ writable }) => writable)
  return mount && { version: mount.version, mountPoint: mount.mountPoint }
}

/** The hierarchies that carry any of these controllers, each once. */
export const findHierarchies = (controllers: readonly string[]): Hierarchy[] => {
  const found = controllers.flatMap(controller => findHierarchy(controller) ?? [])
  return [...new Map(found.map(hierarchy => [hierarchy.mountPoint, hierarchy])).values()]
}

/**
 * The hierarchy that carries a controller. On a machine that has v1 and v2 either may carry it, and the path does not say
 * which: so each is asked.
 * @param controller as /proc/cgroups names it: `cpu`, `memory`, `pids`
 * @param mountinfo the mounts to look among; by default those that this process sees
 * @throws ProgramError when there is none, or none that may be written to
 * Source: cgroups(7)
 */
export const hierarchyOf = (controller: string, mountinfo?: string): Hierarchy => {
  const found = findHierarchy(controller, mountinfo)
  if (found) return found
  const [readOnly] = mountsOf(controller, mountinfo)
  if (readOnly)
    throw new ProgramError(
      `the controller ${controller} is mounted read-only at ${readOnly.mountPoint}, as it is inside a container: run this on the host itself, or "mount -o remount,rw ${readOnly.mountPoint}"`,
    )
  throw new ProgramError(
    `no cgroup hierarchy here carries the controller ${controller}: if /proc/cgroups has it, "mount -t cgroup -o ${controller} none DIRECTORY" makes one, else boot with cgroup_enable=${controller}`,
  )
}
