/** Trying a thing instead of believing what is written about it. */

import { clone, exitCode, ProgramError } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, type Step } from '#native/steps.ts'

/**
 * Has a child carry out steps and nothing else: with it ends all that it has made.
 * @param namespaces CLONE_NEW… flags
 * @returns why it cannot be done, undefined when it can
 */
export const whyRefused = async (
  steps: readonly (Step | readonly Step[])[],
  namespaces: number,
): Promise<ProgramError | undefined> => {
  try {
    await exitCode(clone([dieWithParent(), ...steps], namespaces | SIGCHLD))
    return undefined
  } catch (error) {
    if (error instanceof ProgramError) return error
    throw error
  }
}
