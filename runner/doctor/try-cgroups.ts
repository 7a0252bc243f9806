/** Control groups: which there are, and whether a process can be put into a group with each limit. */

import { createCgroup, joinCgroup, removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { clone, exitCode, ProgramError } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { mounts } from '#native/mountinfo.ts'
import { dieWithParent } from '#native/steps.ts'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, type Limit } from '#parts/cgroup/limits.ts'
import { isRoot } from '../is-root.ts'
import { type Finding, missing, note, ok, splitMessage, unknown } from './finding.ts'

const TRIED: Readonly<Record<Limit, number>> = { cpus: 0.5, memory: 64 * 2 ** 20, pids: 20 }

const versions = (): string => {
  const types = mounts().map(({ type }) => type)
  const [one, two] = ['cgroup', 'cgroup2'].map(type => types.includes(type))
  if (one && two) return 'hybrid: v1 and v2 are mounted'
  if (two) return 'v2'
  return one ? 'v1' : 'none is mounted'
}

/** Lets a child join a group with one limit. Throws ProgramError. */
const tryLimit = async (limit: Limit): Promise<void> => {
  const cgroup = await createCgroup(`doctor-${process.pid}`, { [limit]: TRIED[limit] })
  try {
    await exitCode(clone([dieWithParent(), joinCgroup(cgroup)], SIGCHLD))
  } finally {
    await removeCgroup(cgroup)
  }
}

const look = async (limit: Limit): Promise<Finding> => {
  const controller = CONTROLLERS[limit]
  const subject = { id: `cgroup.${controller}`, name: `cgroup controller ${controller}`, chapters: [5] }
  try {
    const { version, mountPoint } = hierarchyOf(controller)
    const where = `v${version}, ${mountPoint}`
    if (!isRoot()) return unknown(subject, `${where}; not tried: only root may make a group`)
    await tryLimit(limit)
    return ok(subject, `${where}, a process was limited`)
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    const { found, cure } = splitMessage(error)
    return missing(subject, found, cure)
  }
}

/** Tries the controllers of chapter 05. */
export const cgroups = async (): Promise<Finding[]> => {
  const findings = [note('cgroup', 'cgroup versions', versions())]
  for (const limit of LIMITS) findings.push(await look(limit))
  return findings
}
