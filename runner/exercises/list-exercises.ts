/** The exercises of a chapter, a line each. */

import { alignColumns } from '../align-columns.ts'
import type { Colours } from '../colours.ts'
import type { Chapter } from '../lesson/chapters.ts'
import type { Language } from '../lesson/lesson.ts'
import { type Exercise, isProgram } from './exercise.ts'
import { called, exercisesOf } from './find-exercises.ts'
import { progressOf } from './progress.ts'

const KINDS: Readonly<Record<Language, Readonly<Record<Exercise['kind'], string>>>> = {
  en: { write: 'write it', mend: 'find the mistake', predict: 'predict', trace: 'read the trace' },
  zh: { write: '自己写', mend: '找出错误', predict: '先猜再看', trace: '读跟踪' },
}
const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ['EXERCISE', 'WHAT', '', 'BEGIN WITH'],
  zh: ['题目', '做什么', '', '这样开始'],
}
const NONE: Readonly<Record<Language, string>> = {
  en: 'This chapter has no exercises.',
  zh: '这一章没有题目。',
}

const INDENT = 2 // of what a broken title goes on with

/**
 * A table of the exercises, with those marked that were solved.
 * @param columns how wide a line may be
 */
export const listExercises = async (
  chapter: Chapter,
  language: Language,
  paint: Colours,
  columns: number,
): Promise<string> => {
  const exercises = await exercisesOf(chapter)
  if (exercises.length === 0) return NONE[language]
  const rows = exercises.map(exercise => {
    const { solved, holding, checks } = progressOf({ chapter, exercise })
    const state = solved ? '✓' : checks > 1 ? `${holding}/${checks}` : ''
    const command = isProgram(exercise) && checks === 0 ? 'start' : 'try'
    const begin = `${command} ${called({ chapter, exercise })}`
    return [exercise.title[language], KINDS[language][exercise.kind], state, begin]
  })
  const [head = '', ...lines] = alignColumns([HEADS[language], ...rows], columns, INDENT)
  return [paint.bold(head), ...lines].join('\n')
}
