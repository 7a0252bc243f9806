/** Runs the checks of an exercise against a program, in the order in which one builds it, up to the first that does not hold. */

import { directoriesOf } from './candidate.ts'
import { type Check, NotSo, type ProgramExercise, type Words } from './exercise.ts'
import { withSite } from './open-site.ts'
import type { Site } from './site.ts'
import { type Candidate, Trial } from './trial.ts'

/** What came of a try. */
export type Outcome = {
  /** how many checks held */
  readonly holding: number
  /** the first that did not, with what was seen, and what the program had to say */
  readonly failed?: { readonly check: Check; readonly seen: Words; readonly stderr: string }
}

const look = async (check: Check, trial: Trial): Promise<Words | undefined> => {
  try {
    await check.look(trial)
    return undefined
  } catch (error) {
    if (error instanceof NotSo) return error.seen
    throw error
  }
}

/**
 * Tries a program at a site that is there already, and that has been used for no other.
 * @param onHolding is called after each check that holds
 */
export const runChecksIn = async (
  site: Site,
  { checks }: ProgramExercise,
  candidate: Candidate,
  onHolding: (check: Check) => void = () => {},
): Promise<Outcome> => {
  const trial = new Trial(site, candidate)
  for (const [holding, check] of checks.entries()) {
    const seen = await look(check, trial)
    if (seen) return { holding, failed: { check, seen, stderr: trial.stderr } }
    onHolding(check)
  }
  return { holding: checks.length }
}

/**
 * The same in a lab of its own; where an exercise needs no root, and the reader is not root, on the machine itself.
 * @throws LabError when no lab can be made
 */
export const runChecks = (
  exercise: ProgramExercise,
  candidate: Candidate,
  onHolding?: (check: Check) => void,
): Promise<Outcome> =>
  withSite(exercise.needsRoot, directoriesOf(candidate), site => runChecksIn(site, exercise, candidate, onHolding))
