/** Runs the checks of an exercise against a program, in the order in which one builds it, up to the first that does not hold. */

import { Lab, USUAL_BOUNDS } from '../lab/lab.ts'
import { directoriesOf } from './candidate.ts'
import { type Check, NotSo, type ProgramExercise, type Words } from './exercise.ts'
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
 * Tries a program in a lab that is there already, and that has been used for no other.
 * @param onHolding is called after each check that holds
 */
export const runChecksIn = async (
  lab: Lab,
  { checks }: ProgramExercise,
  candidate: Candidate,
  onHolding: (check: Check) => void = () => {},
): Promise<Outcome> => {
  const trial = new Trial(lab, candidate)
  for (const [holding, check] of checks.entries()) {
    const seen = await look(check, trial)
    if (seen) return { holding, failed: { check, seen, stderr: trial.stderr } }
    onHolding(check)
  }
  return { holding: checks.length }
}

/**
 * A lab for programs that are not to be trusted: the disk of this machine cannot be written to, and there is an end to
 * what they can use.
 * @param keep directories of theirs, which must be seen in it
 * @throws LabError
 */
export const openTrialLab = (keep: readonly string[] = []): Promise<Lab> =>
  Lab.open({ isDiskReadOnly: true, bounds: USUAL_BOUNDS, keep })

/**
 * The same in a lab of its own.
 * @throws LabError when none can be made
 */
export const runChecks = async (
  exercise: ProgramExercise,
  candidate: Candidate,
  onHolding?: (check: Check) => void,
): Promise<Outcome> => {
  const lab = await openTrialLab(directoriesOf(candidate))
  try {
    return await runChecksIn(lab, exercise, candidate, onHolding)
  } finally {
    await lab.close()
  }
}
