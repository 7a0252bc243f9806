/** The groups of chapter 05, and those of labs whose program was killed. */

import { existsSync } from 'node:fs'
import { cgroupOf, sweepCgroups } from '#chapters/05-cgroup/cgroup.ts'
import { isLocked } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { processes } from '#parts/cgroup/group-tree.ts'
import { findHierarchy, type Hierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS } from '#parts/cgroup/limits.ts'
import { names, parentOf } from '#parts/cgroup/parent-group.ts'
import { isActive, load } from '#skdocker/container.ts'
import { leftoverGroups, sweepGroups } from '../lab/lab-cgroups.ts'
import type { Leftover, Search } from './leftover.ts'

const hierarchies = (): Hierarchy[] => {
  const found = LIMITS.flatMap(limit => findHierarchy(CONTROLLERS[limit]) ?? [])
  return [...new Map(found.map(hierarchy => [hierarchy.mountPoint, hierarchy])).values()]
}

const userOf = (paths: readonly string[], name: string): string | undefined => {
  const pids = [...new Set(paths.flatMap(processes))]
  if (pids.length > 0) return `processes ${pids.join(', ')}`
  if (paths.some(isLocked)) return 'the program that has made it'
  const container = /^[0-9a-f]{12}$/.test(name) ? load(name) : undefined
  return container && isActive(container) ? `container ${name}` : undefined
}

const group = (name: string, all: readonly Hierarchy[]): Leftover => {
  const paths = all.map(hierarchy => `${parentOf(hierarchy)}/${name}`).filter(path => existsSync(path))
  return {
    what: `cgroup skdocker/${name}`,
    usedBy: userOf(paths, name),
    remove: async () => cgroupOf(name)?.remove(),
  }
}

const sweepParents = (paths: readonly string[]): void => {
  sweepCgroups()
  const left = paths.filter(path => existsSync(path))
  if (left.length > 0) throw new ProgramError(`there are still groups in ${left.join(', ')}`)
}

const parents = (all: readonly Hierarchy[]): Leftover[] => {
  const there = all.map(parentOf).filter(path => existsSync(path))
  if (there.length === 0) return []
  return [{ what: `cgroup ${there.join(', ')}`, remove: async () => sweepParents(there) }]
}

const labs = (): Leftover[] =>
  leftoverGroups().map(path => ({
    what: `cgroup ${path}, of a lab`,
    remove: async () => {
      sweepGroups()
      if (existsSync(path)) throw new ProgramError(`processes ${processes(path).join(', ')} are in it`)
    },
  }))

/** Looks for groups. */
export const findCgroups = (): Search => {
  const all = hierarchies()
  const found = [...new Set(all.flatMap(names))].map(name => group(name, all))
  return { leftovers: [...found, ...parents(all), ...labs()], unseen: [] }
}
