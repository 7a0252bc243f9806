/** Where the texts of the course are. */

import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Language, type Lesson, languages } from './lesson.ts'
import { readLesson } from './read-lesson.ts'

/** The project's top directory, without a slash at the end. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A text in its languages. */
export type Text = {
  /** what it is called on the command line: '01-shell', 'native', 'README' */
  readonly name: string
  /** absolute path of its directory */
  readonly folder: string
  readonly files: Readonly<Record<Language, string>>
}

export type Chapter = Text & {
  /** '01' */
  readonly number: string
  /** 'shell' */
  readonly shortName: string
}

/** @param stem of the files' names: `README` of `README.md` and `README.zh-CN.md` */
const textIn = (folder: string, name: string = basename(folder), stem = 'README'): Text => ({
  name,
  folder,
  files: { en: join(folder, `${stem}.md`), zh: join(folder, `${stem}.zh-CN.md`) },
})

/** The chapters, in reading order. */
export const findChapters = (root: string = projectRoot): Chapter[] => {
  const directory = join(root, 'chapters')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => /^\d+-/.test(name))
    .sort()
    .map(name => {
      const [, number = '', shortName = ''] = /^(\d+)-(.*)$/.exec(name)!
      return { ...textIn(join(directory, name)), number, shortName }
    })
}

const PAGE = /^([^.]+)(?:\.zh-CN)?\.md$/

/** The pages of docs/: each `NAME.md` with its `NAME.zh-CN.md`, also where one of the two is missing. */
const findPages = (root: string): Text[] => {
  const directory = join(root, 'docs')
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).flatMap(name => PAGE.exec(name)?.[1] ?? [])
  return [...new Set(names)].sort().map(name => textIn(directory, name, name))
}

/** All texts that are checked: the chapters, and the texts beside them. */
export const findTexts = (root: string = projectRoot): Text[] =>
  [
    textIn(root, 'README'),
    ...findPages(root),
    textIn(root, 'CONTRIBUTING', 'CONTRIBUTING'),
    textIn(join(root, 'native')),
    ...findChapters(root),
    ...['parts', 'skdocker', 'test'].map(name => textIn(join(root, name))),
  ].filter(({ files }) => languages.some(language => existsSync(files[language])))

/**
 * The one that somebody means by '3', '03', 'mount', '03-mount', 'chapters/03-mount/' or 'docs/machines.md'.
 * @returns undefined when there is none
 */
export const findText = <T extends Text>(texts: readonly T[], word: string): T | undefined => {
  const file = basename(word.replace(/\/(README[^/]*)?$/, ''))
  const name = PAGE.exec(file)?.[1] ?? file
  const number = /^\d+$/.test(name) ? name.padStart(2, '0') : undefined
  return texts.find(text => text.name === name || text.name === number || isChapter(text, name, number))
}

const isChapter = (text: Text, name: string, number: string | undefined): boolean =>
  /^\d/.test(text.name) && (text.name.startsWith(`${number}-`) || text.name.replace(/^\d+-/, '') === name)

/**
 * A text in one language, parsed.
 * @throws NodeJS.ErrnoException when there is no such file
 */
export const lessonOf = (text: Text, language: Language): Lesson => readLesson(text.files[language], language)
