/** The cgroup of a process: what it may use, and what it uses. Source: cgroups(7) */

import { readdirSync } from 'node:fs'
import { processesIn } from '#parts/cgroup/group-processes.ts'
import { findHierarchy, type Hierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, type Limit, type Limits, limitsIn } from '#parts/cgroup/limits.ts'
import { readIfThere } from '../probe/read-if-there.ts'

/** What a cgroup uses at the moment. */
export type Use = {
  /** how many CPUs it has kept busy since they were last looked at: 0.2 is a fifth of one */
  readonly cpus?: number
  /** bytes */
  readonly memory?: number
  /** processes and threads */
  readonly pids?: number
}

/** The cgroup of a container. */
export type CgroupFacts = {
  /** the directories in which neither its starter is nor what is around it; none where it has no cgroup of its own */
  readonly paths: readonly string[]
  readonly limits: Limits
  readonly use: Use
}

/** Where the controllers are mounted. It is looked up once for all containers. */
export type Hierarchies = ReadonlyMap<Limit, Hierarchy>

/** Finds the hierarchies that keep limits. Throws NodeJS.ErrnoException. */
export const findLimitHierarchies = (): Hierarchies =>
  new Map(
    LIMITS.flatMap(limit => {
      const hierarchy = findHierarchy(CONTROLLERS[limit])
      return hierarchy ? [[limit, hierarchy] as const] : []
    }),
  )

const trimmed = (path: string): string | undefined => readIfThere(path)?.trimEnd()

/** The lines of /proc/PID/cgroup: a number, controllers (none for v2), and a path. */
const membership = (pid: number | 'self'): string => trimmed(`/proc/${pid}/cgroup`) ?? ''

/** The directories of a process's cgroup, by what each limits. */
const directoriesOf = (
  pid: number | 'self',
  hierarchies: Hierarchies,
): Map<Limit, Hierarchy & { path: string }> => {
  const lines = membership(pid)
    .split('\n')
    .map(line => line.split(':'))
  return new Map(
    [...hierarchies].flatMap(([limit, hierarchy]) => {
      const line = lines.find(([, names = '']) =>
        hierarchy.version === 2 ? names === '' : names.split(',').includes(CONTROLLERS[limit]),
      )
      const path = line?.slice(2).join(':')
      return path === undefined ? [] : [[limit, { ...hierarchy, path: `${hierarchy.mountPoint}${path}` }] as const]
    }),
  )
}

const FILES_OF_USE = {
  1: { memory: 'memory.usage_in_bytes', pids: 'pids.current' },
  2: { memory: 'memory.current', pids: 'pids.current' },
} as const

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

const threadsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map(thread => `/proc/${pid}/task/${thread}`)
  } catch {
    return []
  }
}

/** For how many nanoseconds processes have had a CPU; those that have ended do not count. Source: Documentation/scheduler/sched-stats.rst */
const cpuTimeOfProcesses = (pids: readonly number[]): number =>
  pids
    .flatMap(threadsOf)
    .reduce((sum, thread) => sum + Number(trimmed(`${thread}/schedstat`)?.split(' ')[0] ?? 0), 0)

/** For how many nanoseconds a group has had a CPU. In v1 cpuacct counts them, which is often in a hierarchy of its own. */
const cpuTime = (version: 1 | 2, path: string): number | undefined => {
  if (version === 1) return number(trimmed(`${path}/cpuacct.usage`)) ?? cpuTimeOfProcesses(processesIn(path))
  const [, microseconds] = /^usage_usec (\d+)$/m.exec(trimmed(`${path}/cpu.stat`) ?? '') ?? []
  return microseconds === undefined ? undefined : Number(microseconds) * 1000
}

/** Between two looks at the clock of a group there has to be some time, or their difference says nothing. */
export const SHORTEST_MEASUREMENT = 100 // ms

/** Measures how busy CPUs are kept by remembering how busy they had been kept before. */
export class CpuMeter {
  readonly #before = new Map<string, { readonly time: number; readonly used: number; readonly share?: number }>()

  /** How many CPUs a group has kept busy; undefined when it is looked at for the first time. */
  measure(version: 1 | 2, path: string): number | undefined {
    const used = cpuTime(version, path)
    if (used === undefined) return undefined
    const [time, before] = [performance.now(), this.#before.get(path)]
    if (before && time - before.time < SHORTEST_MEASUREMENT) return before.share
    const share = before && Math.max(0, used - before.used) / 1e6 / (time - before.time)
    this.#before.set(path, { time, used, ...(share !== undefined && { share }) })
    return share
  }
}

const numbersOnly = (entries: readonly (readonly [Limit, number | undefined])[]): Limits =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined))

/**
 * Reads the cgroup of a process. A directory counts that none of the others is in.
 * @param others processes that are not in the container: its starter, and one of what is around it
 */
export const cgroupOf = (
  pid: number,
  others: readonly (number | 'self')[],
  hierarchies: Hierarchies,
  meter: CpuMeter,
): CgroupFacts => {
  const taken = others.map(other => directoriesOf(other, hierarchies))
  const own = [...directoriesOf(pid, hierarchies)].filter(([limit, { path }]) =>
    taken.every(directories => directories.get(limit)?.path !== path),
  )
  const limits = own.map(([limit, { version, path }]) => {
    const inForce = limitsIn(version, file => trimmed(`${path}/${file}`))
    return [limit, inForce[limit]] as const
  })
  const use = own.map(([limit, { version, path }]) => {
    const used = limit === 'cpus' ? meter.measure(version, path) : readUse(version, path, limit)
    return [limit, used] as const
  })
  return {
    paths: [...new Set(own.map(([, { path }]) => path))],
    limits: numbersOnly(limits),
    use: numbersOnly(use),
  }
}

const readUse = (version: 1 | 2, path: string, limit: 'memory' | 'pids'): number | undefined =>
  number(trimmed(`${path}/${FILES_OF_USE[version][limit]}`))
