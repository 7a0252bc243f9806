/** Hints: for each place three, given one after another. */

import type { Language } from '../lesson/lesson.ts'
import { type Exercise, isProgram, numberOfGap, type Words } from './exercise.ts'
import { called, type Place } from './find-exercises.ts'
import { progressOf, saveProgress } from './progress.ts'
import { exerciseWords } from './words.ts'

/** The place that is to be filled first: that of the first check. A question has but one. */
const firstGap = (exercise: Exercise): number =>
  (isProgram(exercise) && exercise.checks.find(check => check.gap !== undefined)?.gap) || 0

/** Which place of an exercise the next hint is about. Undefined when nothing is open. */
const openGap = (place: Place): number | undefined => {
  const { solved, checks, holding, gap = firstGap(place.exercise) } = progressOf(place)
  return solved && holding === checks ? undefined : gap
}

const hintsFor = (exercise: Exercise, gap: number): readonly [Words, Words, Words] =>
  isProgram(exercise) ? exercise.gaps[gap]!.hints : exercise.hints

/**
 * Gives the next hint and remembers that it was given. After the third it is the third again.
 * @returns lines, to be wrapped
 * @throws NodeJS.ErrnoException
 */
export const nextHint = (place: Place, language: Language): string[] => {
  const words = exerciseWords(language)
  const gap = openGap(place)
  if (gap === undefined) return [words.nothingOpen]
  const { hints } = progressOf(place)
  const number = Math.min(3, (hints[gap] ?? 0) + 1)
  const text = hintsFor(place.exercise, gap)[number - 1]![language]
  const given = Array.from({ length: Math.max(hints.length, gap + 1) }, (_, index) => hints[index] ?? 0)
  saveProgress(place, { hints: given.with(gap, number) })
  const gapNumber = isProgram(place.exercise) ? numberOfGap(place.exercise, gap) : undefined
  const title = gapNumber === undefined ? words.hintOf(number) : words.hint(number, gapNumber)
  const last = number === 3 && isProgram(place.exercise) ? [words.lastHint(called(place))] : []
  return [title, text, ...last]
}
