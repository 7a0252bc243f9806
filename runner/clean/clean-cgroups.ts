/** The groups of chapter 05, and those of labs whose program was killed. */

import { existsSync } from 'node:fs'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { isLocked } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { processesIn, processesOf } from '#parts/cgroup/group-processes.ts'
import type { Group, Hierarchy } from '#parts/cgroup/hierarchy.ts'
import {
  findCgroup,
  groupNames,
  limitHierarchies,
  parentGroupOf,
  sweepCgroups,
} from '#parts/cgroup/parent-group.ts'
import { isActive, loadContainer } from '#skdocker/container-state.ts'
import { leftoverGroups, sweepGroups } from '../lab/lab-cgroups.ts'
import type { Leftover, Search } from './leftover.ts'

const userOf = (cgroup: readonly Group[], name: string): string | undefined => {
  const pids = processesOf(cgroup)
  if (pids.length > 0) return `processes ${pids.join(', ')}`
  if (cgroup.some(({ path }) => isLocked(path))) return 'the program that has made it'
  const container = /^[0-9a-f]{12}$/.test(name) ? loadContainer(name) : undefined
  return container && isActive(container) ? `container ${name}` : undefined
}

const group = (name: string): Leftover => ({
  what: `cgroup skdocker/${name}`,
  usedBy: userOf(findCgroup(name), name),
  remove: () => removeCgroup(findCgroup(name)),
})

const sweepParents = async (paths: readonly string[]): Promise<void> => {
  await sweepCgroups()
  const left = paths.filter(path => existsSync(path))
  if (left.length > 0) throw new ProgramError(`there are still groups in ${left.join(', ')}`)
}

const parents = (all: readonly Hierarchy[]): Leftover[] => {
  const there = all.map(parentGroupOf).filter(path => existsSync(path))
  if (there.length === 0) return []
  return [{ what: `cgroup ${there.join(', ')}`, remove: () => sweepParents(there) }]
}

const labs = (): Leftover[] =>
  leftoverGroups().map(path => ({
    what: `cgroup ${path}, of a lab`,
    remove: async () => {
      sweepGroups()
      if (existsSync(path)) throw new ProgramError(`processes ${processesIn(path).join(', ')} are in it`)
    },
  }))

/** Looks for groups. */
export const findCgroups = (): Search => {
  const all = limitHierarchies()
  const found = [...new Set(all.flatMap(groupNames))].map(group)
  return { leftovers: [...found, ...parents(all), ...labs()], unseen: [] }
}
