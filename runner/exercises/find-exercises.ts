/** The exercises there are: each chapter declares its own in exercises.ts. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { distance } from 'fastest-levenshtein'
import { type Chapter, findChapters } from '../lesson/chapters.ts'
import { chapterNamed } from '../lesson/text-named.ts'
import { UsageError } from '../usage-error.ts'
import type { Exercise, ProgramExercise, QuestionExercise } from './exercise.ts'

/** An exercise and its chapter. */
export type Place = { readonly chapter: Chapter; readonly exercise: Exercise }

/** A place where a program is written or mended. */
export type ProgramPlace = Place & { readonly exercise: ProgramExercise }

/** A place where a question is answered. */
export type QuestionPlace = Place & { readonly exercise: QuestionExercise }

/** How the first exercise of a chapter is called, and needs not be. */
export const MAIN = 'main'

const fileOf = ({ folder }: Chapter): string => join(folder, 'exercises.ts')

/** The exercises of a chapter, in order; none where it declares none. */
export const exercisesOf = async (chapter: Chapter): Promise<readonly Exercise[]> => {
  const file = fileOf(chapter)
  if (!existsSync(file)) return []
  const { exercises } = (await import(pathToFileURL(file).href)) as { exercises: readonly Exercise[] }
  return exercises
}

/** Whether a chapter declares exercises, without a look into the file. */
export const hasExercises = (chapter: Chapter): boolean => existsSync(fileOf(chapter))

/** What an exercise is called on the command line: `04`, `04 shared-root`. */
export const called = ({ chapter, exercise }: Place): string =>
  exercise.name === MAIN ? chapter.number : `${chapter.number} ${exercise.name}`

/**
 * An exercise.
 * @param given the chapter's number or name
 * @param name of the exercise; the chapter's first by default
 * @throws UsageError that names those there are
 */
export const exerciseNamed = async (given: string, name: string = MAIN): Promise<Place> => {
  const chapter = chapterNamed(given)
  const all = await exercisesOf(chapter)
  if (all.length === 0) {
    const there = findChapters().filter(hasExercises)
    const cure = `chapters ${there.map(({ number }) => number).join(', ')} have some`
    throw new UsageError(`chapter ${chapter.name} has no exercise: ${cure}`)
  }
  const exercise = all.find(each => each.name === name)
  if (exercise) return { chapter, exercise }
  const names = all.map(each => each.name)
  const [near = MAIN] = [...names].sort((one, other) => distance(one, name) - distance(other, name))
  throw new UsageError(
    `chapter ${chapter.name} has no exercise ${JSON.stringify(name)}: did you mean ${near}? There are ${names.join(', ')}`,
  )
}
