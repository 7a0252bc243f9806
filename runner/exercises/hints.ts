/** Hints: for each place three, given one after another. */

import type { Language } from '../lesson/lesson.ts'
import { type Exercise, isProgram, numberOfGap, type Words } from './exercise.ts'
import { called, type Place } from './find-exercises.ts'
import { progressOf, saveProgress } from './progress.ts'
import { exerciseWords } from './words.ts'

/** The place that is to be filled first: that of the first check. A question has but one. */
const firstGap = (exercise: Exercise): number =>
  (isProgram(exercise) && exercise.checks.find(check => check.gap !== undefined)?.gap) || 0

/** Which place of an exercise the next hint is about; or a word on why there is none. */
const openGap = (place: Place, language: Language): number | string => {
  const words = exerciseWords(language)
  const { solved, checks, holding, gap } = progressOf(place)
  if (solved && holding === checks) return words.nothingOpen
  if (gap !== undefined) return gap
  // What was given to the reader, and was changed, has no hints.
  const wasTried = isProgram(place.exercise) && checks > 0
  return wasTried ? words.givenPart(called(place)) : firstGap(place.exercise)
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
  const gap = openGap(place, language)
  if (typeof gap === 'string') return [gap]
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
