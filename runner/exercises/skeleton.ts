/** Makes of a chapter's program what a reader gets: the same, with gaps. So the two cannot drift apart. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from '../lesson/lesson.ts'
import { wrapText } from '../read/wrap-pieces.ts'
import { type Change, type Gap, numberOfGap, type ProgramExercise } from './exercise.ts'
import { called, type Place, type ProgramPlace } from './find-exercises.ts'
import { exerciseWords } from './words.ts'

const WIDTH = 100

/**
 * Puts changes into a program.
 * @throws Error when the lines of one are not there exactly once
 */
export const applyChanges = (source: string, changes: readonly Change[]): string =>
  changes.reduce((text, { lines, instead = '' }) => {
    const parts = `\n${text}`.split(`\n${lines}\n`)
    if (parts.length !== 2) throw new Error(`these lines are there ${parts.length - 1} times, not once:\n${lines}`)
    const [before, after] = parts
    return `${before}${instead === '' ? '' : `\n${instead}`}\n${after}`.slice(1)
  }, source)

const commentLines = (text: string, indent: string): string[] =>
  wrapText(text, WIDTH - indent.length - 3).map(line => `${indent}// ${line}`)

const yourTurn = (number: number | undefined, what: string, language: Language): string =>
  language === 'zh' ? `轮到你了（${number}）：${what}` : `Your turn (${number}): ${what}`

const withComment = ({ lines, instead, comment }: Gap, number: number | undefined, language: Language): Change => {
  const [indent = ''] = /^ */.exec(lines) ?? []
  const head = comment ? commentLines(yourTurn(number, comment[language], language), indent) : []
  return { lines, instead: [...head, ...(instead === undefined ? [] : [instead])].join('\n') }
}

const header = (place: ProgramPlace, language: Language): string => {
  const { task, needsRoot = true } = place.exercise
  const name = called(place)
  const sudo = needsRoot ? exerciseWords(language).withSudo : ''
  const help = {
    en: [
      `npx tsx runner.ts try ${name}     tells what works already, and what does not yet${sudo}`,
      `npx tsx runner.ts hint ${name}    gives a hint, then a bigger one`,
      'docs/steps.md lists the steps and calls that you can use.',
    ],
    zh: [
      `npx tsx runner.ts try ${name}     告诉你哪些已经做到，哪些还没有${sudo}`,
      `npx tsx runner.ts hint ${name}    给一个提示，再问就给得更多`,
      '能用的步骤和调用都列在 docs/steps.zh-CN.md 里。',
    ],
  }
  return [...commentLines(task[language], ''), '//', ...help[language].map(line => `// ${line}`)].join('\n')
}

// What a file of the chapter imports from beside it, and is not copied, stays in the chapter.
const withChaptersImports = (source: string, chapter: string, copied: readonly string[]): string =>
  source.replace(/from '\.\/([\w./-]+)'/g, (found, file: string) =>
    copied.includes(file) ? found : `from '#chapters/${chapter}/${file}'`,
  )

/** The names of the files that an exercise puts into a reader's directory: the one to be written first. */
export const filesOf = ({ file, runs = file }: ProgramExercise): string[] => [...new Set([file, runs])]

/** The file that is run. */
export const programOf = ({ file, runs = file }: ProgramExercise): string => runs

const chaptersSource = ({ chapter }: Place, file: string, copied: readonly string[]): string =>
  withChaptersImports(readFileSync(join(chapter.folder, file), 'utf8'), chapter.name, copied)

/** A file of a chapter with changes in it, as it can stand alone in another directory. */
export const changedFile = (place: Place, file: string, changes: readonly Change[]): string =>
  applyChanges(chaptersSource(place, file, []), changes)

/**
 * The files of an exercise as the chapter has them: what solves it.
 * @param changes put into the file that is to be written
 */
export const solutionFiles = (place: ProgramPlace, changes: readonly Change[] = []): Map<string, string> => {
  const files = filesOf(place.exercise)
  return new Map(
    files.map((file, index) => {
      const source = chaptersSource(place, file, files)
      return [file, index === 0 ? applyChanges(source, changes) : source]
    }),
  )
}

/** The files that a reader begins with. */
export const skeletonFiles = (place: ProgramPlace, language: Language): Map<string, string> => {
  const { gaps, file } = place.exercise
  const files = solutionFiles(
    place,
    gaps.map((gap, index) => withComment(gap, numberOfGap(place.exercise, index), language)),
  )
  const source = files.get(file)!
  const [about = ''] = /^\/\*\*.*?\*\/\n/s.exec(source) ?? []
  files.set(file, `${about}${about && '\n'}${header(place, language)}\n${source.slice(about.length)}`)
  return files
}
