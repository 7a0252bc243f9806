import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isProgram } from '../../runner/exercises/exercise.ts'
import { exercisesOf } from '../../runner/exercises/find-exercises.ts'
import { skeletonFiles, solutionFiles } from '../../runner/exercises/skeleton.ts'
import { type Chapter, findChapters } from '../../runner/lesson/chapters.ts'
import { languages } from '../../runner/lesson/lesson.ts'
import { command, repository, scaled } from '../harness/index.ts'

// What is not used yet is the reader's to use.
const CONFIGURATION = {
  extends: '../../tsconfig.json',
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: ['./**/*.ts'],
  exclude: [],
}

const writeSkeletons = async (chapter: Chapter, directory: string): Promise<void> => {
  for (const exercise of (await exercisesOf(chapter)).filter(isProgram))
    for (const language of languages) {
      const place = join(directory, chapter.name, exercise.name, language)
      mkdirSync(place, { recursive: true })
      for (const [name, text] of skeletonFiles({ chapter, exercise }, language))
        writeFileSync(join(place, name), text)
    }
}

test('what a reader begins with type-checks as it is, in both languages', {
  timeout: scaled(120_000),
}, async () => {
  mkdirSync(join(repository, 'work'), { recursive: true })
  const directory = mkdtempSync(join(repository, 'work/.types-'))
  try {
    for (const chapter of findChapters()) await writeSkeletons(chapter, directory)
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(CONFIGURATION))
    const result = await command(join(repository, 'node_modules/.bin/tsc'), '--project', directory).run([], {
      timeout: scaled(100_000),
    })
    expect(result).toMatchObject({ stdout: '', code: 0 })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('every line that a mistake changes is in the chapter’s program', async () => {
  for (const chapter of findChapters())
    for (const exercise of (await exercisesOf(chapter)).filter(isProgram))
      for (const { mistake } of exercise.checks)
        expect(() => solutionFiles({ chapter, exercise }, [mistake])).not.toThrow()
})
