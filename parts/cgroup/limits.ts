/** What a container may use, and the files of a group in which v1 and v2 keep such a limit. */

import { existsSync } from 'node:fs'
import { read } from './cgroupfs.ts'
import type { Group } from './hierarchy.ts'

/** The limits of one container. What is left out is not limited. */
export type Limits = {
  /** how much time of one CPU it may use: 0.2 is 20 %, 1.5 is one CPU and half of another */
  readonly cpus?: number
  /** bytes, swapped out or not */
  readonly memory?: number
  /** processes and threads */
  readonly pids?: number
}

export type Limit = keyof Limits

/** A group, and the limits that are to be kept there. */
export type LimitedGroup = Group & { readonly limits: Limits }

/** A value, and the file of a group that it belongs in. A kernel that does not count swap lacks an optional file. */
export type Setting = { readonly file: string; readonly value: string; readonly optional?: true }

/** Reads a file of a group; undefined where it is missing. */
type Read = (file: string) => string | undefined

/** How one version of cgroups keeps one kind of limit in files. */
type LimitFiles = {
  readonly settings: (limit: number) => readonly Setting[]
  /** the limit in force; no finite number where there is none */
  readonly limit: (read: Read) => number
}

// In each period, a tenth of a second, a group may run for its quota of time. Then it waits for the next period.
const PERIOD = 100_000 // microseconds
const quota = (cpus: number): string => String(Math.round(cpus * PERIOD))

// Where there is no limit the files say "max", which is no number, and cpu.cfs_quota_us says -1. NaN stands for both.
const number = (text: string | undefined): number => (text === undefined ? Number.NaN : Number(text))
const share = (used: number, period: number): number => (used < 0 ? Number.NaN : used / period)

// Without a limit memory.limit_in_bytes of v1 says 2^63, less a page.
const finiteBytes = (bytes: number): number => (bytes < 2 ** 62 ? bytes : Number.NaN)

const pidsMax: LimitFiles = {
  settings: pids => [{ file: 'pids.max', value: String(pids) }],
  limit: read => number(read('pids.max')),
}

/** Source: Documentation/scheduler/sched-bwc.rst, Documentation/admin-guide/cgroup-v1/{memory,pids}.rst */
const v1: Readonly<Record<Limit, LimitFiles>> = {
  cpus: {
    settings: cpus => [
      { file: 'cpu.cfs_period_us', value: String(PERIOD) },
      { file: 'cpu.cfs_quota_us', value: quota(cpus) },
    ],
    limit: read => share(number(read('cpu.cfs_quota_us')), number(read('cpu.cfs_period_us'))),
  },
  memory: {
    settings: bytes => [
      { file: 'memory.limit_in_bytes', value: String(bytes) },
      { file: 'memory.memsw.limit_in_bytes', value: String(bytes), optional: true }, // memory and swap together
    ],
    limit: read => finiteBytes(number(read('memory.limit_in_bytes'))),
  },
  pids: pidsMax,
}

/** Source: Documentation/admin-guide/cgroup-v2.rst, Controllers */
const v2: Readonly<Record<Limit, LimitFiles>> = {
  cpus: {
    settings: cpus => [{ file: 'cpu.max', value: `${quota(cpus)} ${PERIOD}` }],
    limit: read => {
      const [used, period] = (read('cpu.max') ?? '').split(' ')
      return share(number(used), number(period))
    },
  },
  memory: {
    settings: bytes => [
      { file: 'memory.max', value: String(bytes) },
      { file: 'memory.swap.max', value: '0', optional: true }, // swap alone
    ],
    limit: read => number(read('memory.max')),
  },
  pids: pidsMax,
}

/** The controller that keeps each limit. */
export const CONTROLLERS: Readonly<Record<Limit, string>> = { cpus: 'cpu', memory: 'memory', pids: 'pids' }

/** The names of all limits. */
export const LIMITS = Object.keys(CONTROLLERS) as Limit[]

/** The controllers that keep these limits. */
export const controllersOf = (limits: Limits): string[] =>
  LIMITS.filter(limit => limits[limit] !== undefined).map(limit => CONTROLLERS[limit])

/**
 * The values that set a limit, in the order in which they have to be written.
 * @param version of the hierarchy that the group is in
 */
export const settings = (version: 1 | 2, limit: Limit, value: number): readonly Setting[] =>
  (version === 1 ? v1 : v2)[limit].settings(value)

/** The values that set the limits of a group that has been made, in the order in which they have to be written. */
export const settingsFor = ({ version, path, limits }: LimitedGroup): Setting[] => {
  const all = LIMITS.flatMap(limit => {
    const value = limits[limit]
    return value === undefined ? [] : settings(version, limit, value)
  })
  return all.filter(({ file, optional }) => !optional || existsSync(`${path}/${file}`))
}

/**
 * The limits that are in force in a group.
 * @param version of the hierarchy that the group is in
 */
export const limitsIn = (version: 1 | 2, read: Read): Limits => {
  const all = LIMITS.map(limit => [limit, (version === 1 ? v1 : v2)[limit].limit(read)] as const)
  return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)))
}

/** The limits of a container, as the kernel has them in the directories of its group. */
export const limitsInForce = (cgroup: readonly Group[]): Limits =>
  Object.assign(
    {},
    ...cgroup.map(({ version, path }) => limitsIn(version, file => read(`${path}/${file}`, 'ENOENT', 'ENODEV'))),
  )
