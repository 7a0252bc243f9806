/** How far a reader has come: work/progress.json. */

import { join } from 'node:path'
import {
  boolean,
  listOf,
  number,
  object,
  optional,
  readJson,
  recordOf,
  ShapeError,
  WHOLE,
} from '#skdocker/check-shape.ts'
import type { Place } from './find-exercises.ts'
import { work, writeWork } from './workplace.ts'

/** What is known of one exercise. */
export type Progress = {
  /** whether it was solved once */
  readonly solved: boolean
  /** how many checks held the last time */
  readonly holding: number
  readonly checks: number
  /** the gap that the first failed check is about, the last time */
  readonly gap?: number | undefined
  /** how many hints were given, for each gap */
  readonly hints: readonly number[]
}

const shape = recordOf(
  object<Progress>({
    solved: boolean,
    holding: number,
    checks: number,
    gap: optional(number),
    hints: listOf(number),
  }),
)

const file = (): string => join(work, 'progress.json')

/** The key of an exercise: `04-allns/main`. */
const keyOf = ({ chapter, exercise }: Place): string => `${chapter.name}/${exercise.name}`

const NOTHING: Progress = { solved: false, holding: 0, checks: 0, hints: [] }

/** All that is known. A file that is not there, or damaged, knows nothing: the next try writes it anew. */
const allProgress = (): Readonly<Record<string, Progress>> => {
  try {
    return shape(readJson(file()), WHOLE)
  } catch (error) {
    if (error instanceof ShapeError) return {}
    throw error
  }
}

export const progressOf = (place: Place): Progress => allProgress()[keyOf(place)] ?? NOTHING

/** Writes down what is new. Throws NodeJS.ErrnoException. */
export const saveProgress = (place: Place, news: Partial<Progress>): void => {
  const all = allProgress()
  const known = all[keyOf(place)] ?? NOTHING
  const now = { ...all, [keyOf(place)]: { ...known, ...news, solved: known.solved || news.solved === true } }
  writeWork(file(), `${JSON.stringify(now, null, 2)}\n`)
}

/** Which exercises were solved, as a look at all of them. */
export const solvedOnes = (): ((place: Place) => boolean) => {
  const all = allProgress()
  return place => all[keyOf(place)]?.solved ?? false
}
