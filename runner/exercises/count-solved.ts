/** How far a reader has come, chapter by chapter. */

import type { Chapter } from '../lesson/chapters.ts'
import { exercisesOf } from './find-exercises.ts'
import { solvedOnes } from './progress.ts'

/** Of the exercises of a chapter: how many there are, and how many of them were solved. */
export type Solved = { readonly solved: number; readonly all: number }

/** Counts them, by the chapter's name. A chapter without exercises has none of either. */
export const countSolved = async (chapters: readonly Chapter[]): Promise<ReadonlyMap<string, Solved>> => {
  const isSolved = solvedOnes()
  const counts = chapters.map(async (chapter): Promise<[string, Solved]> => {
    const exercises = await exercisesOf(chapter)
    const solved = exercises.filter(exercise => isSolved({ chapter, exercise }))
    return [chapter.name, { solved: solved.length, all: exercises.length }]
  })
  return new Map(await Promise.all(counts))
}
