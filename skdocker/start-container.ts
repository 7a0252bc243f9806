/**
 * Starts a container, in the foreground or detached. This program waits for the end of one in the foreground. A detached one
 * outlives this program, so a shim waits for it: a process of a few pages of memory, which is its parent.
 */

import { clone, exitCode, isSystemError, ProgramError, say, uninterrupted } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { exec } from '#native/steps.ts'
import { reportOutOfMemory } from '#parts/cgroup/group-processes.ts'
import { acts, namespacesOf } from './acts.ts'
import { type Container, claimContainer } from './container-state.ts'
import { endContainer } from './end-container.ts'
import { awaitObstacleReport } from './host-changes.ts'
import { lookUpHostFacts } from './host-facts.ts'
import { type Launch, performActs } from './perform-acts.ts'
import type { Plan } from './plan.ts'

const exitCodeOfError = (error: unknown): number | undefined =>
  error instanceof ProgramError ? error.exitCode : undefined

/** Reports a failed cleanup without throwing it, so that it takes the place of neither an exit code nor an earlier error. */
const reportFailedCleanup = (error: unknown): void => {
  if (!(error instanceof ProgramError || isSystemError(error))) throw error
  say(`skdocker: ${error.message}: the next command of skdocker tries again to clean up what is left`)
}

const runCommand = async (container: Container, command: readonly string[]): Promise<number> => {
  const plan: Plan = { ...container, command, detached: false }
  const facts = lookUpHostFacts(plan)
  const launch: Launch = steps => clone(steps, namespacesOf(plan) | SIGCHLD)
  const code = await exitCode(await performActs(container, acts(plan, facts), launch))
  reportOutOfMemory(facts.cgroup)
  return code
}

/** Claims a container for this program, runs it, and cleans up after it. */
const claimRunAndEnd = async (container: Container, command: readonly string[]): Promise<number> => {
  const claimed = await claimContainer(container)
  let code: number | undefined
  try {
    code = await runCommand(claimed, command)
    return code
  } catch (error) {
    code = exitCodeOfError(error)
    throw error
  } finally {
    await awaitObstacleReport()
    await endContainer(claimed, code).catch(reportFailedCleanup)
  }
}

/**
 * Runs a container to its end.
 * @param command the container's own command, or another one for this run
 * @returns the exit code of the command
 * @throws ProgramError when it could not be started
 */
export const runForeground = (container: Container, command: readonly string[]): Promise<number> =>
  uninterrupted(() => claimRunAndEnd(container, command))

/** Claims a container for this program, starts it, and leaves it to its shim. */
const claimAndDetach = async (container: Container): Promise<void> => {
  const claimed = await claimContainer(container)
  try {
    const plan: Plan = { ...claimed, detached: true }
    const facts = lookUpHostFacts(plan)
    const { detach } = await import('#native/detach.ts') // a foreground run does not need it
    let detached: Awaited<ReturnType<typeof detach>> | undefined
    await performActs(claimed, acts(plan, facts), async (steps, descriptorOf) => {
      detached = await detach(steps, namespacesOf(plan), descriptorOf('status'), exec(facts.cleanup))
      return detached.pid
    })
    await detached?.waitForExec()
  } catch (error) {
    await endContainer(claimed, exitCodeOfError(error)).catch(reportFailedCleanup)
    throw error
  }
}

/**
 * Starts a container that outlives this program. When it has ended, its shim becomes `skdocker cleanup`.
 * @throws ProgramError when it could not be started
 */
export const startDetached = (container: Container): Promise<void> => uninterrupted(() => claimAndDetach(container))
