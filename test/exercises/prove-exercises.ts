import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { candidateIn } from '../../runner/exercises/candidate.ts'
import { type Check, type Exercise, isProgram, type ProgramExercise } from '../../runner/exercises/exercise.ts'
import type { ProgramPlace } from '../../runner/exercises/find-exercises.ts'
import { openTrialLab } from '../../runner/exercises/open-site.ts'
import { putFiles } from '../../runner/exercises/put-files.ts'
import { isRight, runQuestion } from '../../runner/exercises/questions.ts'
import { type Outcome, runChecksIn } from '../../runner/exercises/run-checks.ts'
import { sectionTitle } from '../../runner/exercises/sections.ts'
import { filesOf, skeletonFiles, solutionFiles } from '../../runner/exercises/skeleton.ts'
import type { Lab } from '../../runner/lab/lab.ts'
import { type Chapter, findChapters } from '../../runner/lesson/chapters.ts'
import { languages } from '../../runner/lesson/lesson.ts'
import { hostUnchanged, needs, repository, scaled } from '../harness/index.ts'

const needed = { timeout: scaled(120_000), ...needs('root', 'busybox', 'nsenter') }

const inLab = async <T>(act: (lab: Lab) => Promise<T>): Promise<T> => {
  const lab = await openTrialLab()
  try {
    return await act(lab)
  } finally {
    await lab.close()
  }
}

/** Tries files as if they were a reader's. */
const tryFiles = (exercise: ProgramExercise, files: ReadonlyMap<string, string>): Promise<Outcome> =>
  inLab(async lab => {
    const directory = join(repository, 'work/tried')
    await putFiles(lab, directory, files)
    return runChecksIn(lab, exercise, candidateIn(exercise, directory))
  })

const NO_SOLUTIONS = [
  ['an empty file', ''],
  ['a program that writes what might be expected', "console.log('hello\\n42\\n1\\n')\n"],
  ['a program that hangs', 'setInterval(() => {}, 1000)\n'],
] as const

/** @param isProven whether the mistake of a check was tried in another exercise of the chapter already */
const proveProgram = (place: ProgramPlace, isProven: (check: Check) => boolean): void => {
  const { exercise } = place
  const { checks, gaps, file } = exercise

  test('the chapter’s program passes', needed, async () => {
    expect(await tryFiles(exercise, solutionFiles(place))).toEqual({ holding: checks.length })
  })

  test('what the reader begins with fails at the first open place, and nothing before', needed, async () => {
    const { failed } = await tryFiles(exercise, skeletonFiles(place, 'en'))
    expect(failed?.check.title.en).toBe(checks.find(({ gap }) => gap !== undefined)?.title.en)
    for (const language of languages) expect(failed?.seen[language]).not.toBe('')
  })

  test.each(NO_SOLUTIONS)('%s is no solution, and is told so', needed, async (_, source) => {
    const files = new Map(filesOf(exercise).map(name => [name, source]))
    const { failed } = await tryFiles(exercise, files)
    expect(failed?.check.title.en).toBe(checks[0]!.title.en)
    expect(failed?.seen.en).not.toBe('')
  })

  test.each(checks.filter(check => !isProven(check)).map(check => [check.title.en, check] as const))(
    'a mistake is found by the check that is about it: %s',
    needed,
    async (title, check) => {
      const { failed } = await tryFiles(exercise, solutionFiles(place, [check.mistake]))
      expect(failed?.check.title.en).toBe(title)
    },
  )

  test('each open place has a check, and each check a section to read again', () => {
    const open = gaps.flatMap(({ comment }, index) => (comment ? [index] : []))
    expect(checks.map(({ gap }) => gap)).toEqual(expect.arrayContaining(open))
    for (const { section } of checks)
      for (const language of languages) expect(sectionTitle(place.chapter, section, language)).not.toBe('')
  })

  test('its gaps are where the program has them', () => {
    const skeleton = skeletonFiles(place, 'zh').get(file)
    expect(skeleton).not.toBe(solutionFiles(place).get(file))
  })
}

const proveQuestion = (chapter: Chapter, exercise: Exclude<Exercise, ProgramExercise>): void => {
  test('right answers are right, and wrong ones wrong', needed, async () => {
    const output = await inLab(lab => runQuestion(lab, { chapter, exercise }))
    const judged = (answers: readonly string[]) => answers.filter(answer => isRight(exercise, answer, output))
    expect(output).not.toBe('')
    expect([judged(exercise.examples.right), judged(exercise.examples.wrong)]).toEqual([
      exercise.examples.right,
      [],
    ])
  })

  test('it names a section to read', () => {
    for (const language of languages) expect(sectionTitle(chapter, exercise.section, language)).not.toBe('')
  })
}

/**
 * Proves all exercises of a chapter: that they can be solved, and that nothing else solves them.
 * @param number of the chapter: '04'
 */
export const proveExercises = (number: string, exercises: readonly Exercise[]): void => {
  hostUnchanged()
  const chapter = findChapters().find(each => each.number === number)!
  const [first] = exercises
  const isRepeated = (check: Check, exercise: ProgramExercise): boolean =>
    first !== undefined &&
    isProgram(first) &&
    first !== exercise &&
    first.file === exercise.file &&
    first.checks.some(
      ({ look, mistake }) =>
        look === check.look && mistake.lines === check.mistake.lines && mistake.instead === check.mistake.instead,
    )
  for (const exercise of exercises)
    describe(exercise.name, () => {
      if (isProgram(exercise)) proveProgram({ chapter, exercise }, check => isRepeated(check, exercise))
      else proveQuestion(chapter, exercise)
    })
}
