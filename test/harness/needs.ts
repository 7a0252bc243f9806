import type { RunnerTask, TaskMeta } from 'vitest'
import { whyUnmet } from '../../runner/needs/probes.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test or its suite cannot run here: the needs that are missing. */
    missing?: string[]
  }
}

const skipIsFailure = (): boolean => process.env.SKDOCKER_NO_SKIP === '1'

/**
 * Options for test() and describe(): `test('row 31: …', needs('root', 'cgroup:cpu'), async () => …)`.
 * Where a need is missing the test is skipped, and the reason is printed and counted at the end of the run;
 * with SKDOCKER_NO_SKIP=1 it fails.
 * @param all 'root', 'pty', 'busybox', 'cgroup:cpu', 'filesystem:overlay', 'kernel:5.11', 'plain-node', 'arch:x64', or the
 *   name of a command; with ' or ' between them one is enough: 'nft or iptables'
 */
export const needs = (...all: string[]): { skip: boolean; meta: Partial<TaskMeta> } => {
  const reasons = all.map(need => whyUnmet(need)).filter(reason => reason !== undefined)
  if (reasons.length === 0) return { skip: false, meta: {} }
  return { skip: !skipIsFailure(), meta: { missing: reasons } }
}

const missingFor = (task: RunnerTask | undefined): string[] => {
  if (!task) return []
  return [...(task.meta.missing ?? []), ...missingFor(task.suite)]
}

/**
 * For the set-up of every test.
 * @throws Error when something is missing to a test that was not skipped
 */
export const refuseMissing = (task: RunnerTask): void => {
  const reasons = [...new Set(missingFor(task))]
  if (reasons.length > 0) throw new Error(`SKDOCKER_NO_SKIP=1, but ${reasons.join(', ')}`)
}
