/** try: a program is tried, or a question asked, and the outcome told and remembered. */

import { colours, wantsColours } from '../colours.ts'
import type { Language } from '../lesson/lesson.ts'
import { textWidth } from '../pager.ts'
import { SOMETHING_FOUND, UsageError } from '../usage-error.ts'
import { type Named, otherProgram, readersProgram } from './candidate.ts'
import { isProgram } from './exercise.ts'
import { called, exerciseNamed, exercisesOf, MAIN, type ProgramPlace } from './find-exercises.ts'
import { saveProgress } from './progress.ts'
import { askQuestion } from './questions.ts'
import { failureLines, holdingLine, type Style } from './report.ts'
import { type Outcome, runChecks } from './run-checks.ts'
import { tryAtEachSave } from './try-at-each-save.ts'
import { exerciseWords } from './words.ts'

export type TryOptions = {
  readonly name: string | undefined
  /** the command line of another program; empty for the reader's own */
  readonly words: readonly string[]
  readonly lang: Language
  readonly watch?: boolean
  readonly calls?: boolean
}

const remember = (place: ProgramPlace, { holding, failed }: Outcome): void => {
  const { checks } = place.exercise
  saveProgress(place, {
    solved: failed === undefined,
    holding,
    checks: checks.length,
    gap: failed?.check.gap,
  })
}

const otherNames = async (place: ProgramPlace): Promise<string[]> =>
  (await exercisesOf(place.chapter)).filter(({ name }) => name !== MAIN).map(({ name }) => name)

const tellSolved = async (place: ProgramPlace, isOwn: boolean, language: Language): Promise<void> => {
  const words = exerciseWords(language)
  console.log(`\n${words.solved(place.exercise.checks.length)}`)
  if (isOwn) console.log(words.compare(called(place)))
  const others = await otherNames(place)
  if (place.exercise.name === MAIN && others.length > 0) console.log(words.others(others.join(', ')))
}

const tryOnce = async (place: ProgramPlace, candidate: Named, isOwn: boolean, style: Style): Promise<number> => {
  const outcome = await runChecks(place.exercise, candidate, check => console.log(holdingLine(check, style)))
  // Of another's program nothing is remembered: the progress is that of the reader's file.
  if (isOwn) remember(place, outcome)
  if (outcome.failed) console.log(failureLines(place, outcome.failed, candidate.typed, style).join('\n'))
  else await tellSolved(place, isOwn, style.language)
  return outcome.failed ? SOMETHING_FOUND : 0
}

/**
 * Tries an exercise.
 * @param given the chapter
 * @returns the exit code
 * @throws UsageError, ProgramError when there is no such exercise or program, LabError
 */
export const tryExercise = async (given: string, options: TryOptions): Promise<number> => {
  const { name, words, lang: language, watch = false, calls = false } = options
  const { chapter, exercise } = await exerciseNamed(given, name)
  const style: Style = { language, paint: colours(wantsColours(process.stdout)), columns: textWidth() }
  if (!isProgram(exercise)) {
    if (words.length > 0) throw new UsageError(`${exercise.name} is a question: no program is tried for it`)
    return askQuestion({ chapter, exercise }, style)
  }
  const place = { chapter, exercise }
  const isOwn = words.length === 0
  const candidate = isOwn ? readersProgram(place) : otherProgram(words)
  if (calls) {
    const { compareCalls } = await import('./compare-calls.ts')
    return compareCalls(place, candidate, style)
  }
  if (!watch) return tryOnce(place, candidate, isOwn, style)
  return tryAtEachSave(place, language, () => tryOnce(place, candidate, isOwn, style))
}
