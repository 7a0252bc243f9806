/** docs/exercises.md lists what is asked of a program in any language: the checks, in their order. */

import { describe, expect, test } from 'vitest'
import { isProgram } from '../../runner/exercises/exercise.ts'
import { exercisesOf } from '../../runner/exercises/find-exercises.ts'
import { type Chapter, findChapters, findTexts, lessonOf } from '../../runner/lesson/chapters.ts'
import { type Language, languages } from '../../runner/lesson/lesson.ts'

const page = findTexts().find(({ name }) => name === 'exercises')!

/** The numbered lines below a heading. */
const listedBelow = (title: string, language: Language): string[] => {
  const { source } = lessonOf(page, language)
  const [, section = ''] = source.split(`\n### ${title}\n`)
  return [...section.split(/\n##+ /)[0]!.matchAll(/^\d+\. (.*)$/gm)].map(([, line]) => line!)
}

const checksOf = async (chapter: Chapter, language: Language): Promise<string[]> => {
  const [main] = await exercisesOf(chapter)
  return main && isProgram(main) ? main.checks.map(({ title }) => title[language]) : []
}

describe.each(languages)('in %s', language => {
  test.each(findChapters().map(chapter => [chapter.name, chapter] as const))('%s', async (_, chapter) => {
    expect(listedBelow(lessonOf(chapter, language).title, language)).toEqual(await checksOf(chapter, language))
  })
})
