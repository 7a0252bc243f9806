/** The reader's own files: work/ in the workbook's directory. Nothing in it is overwritten or removed. */

import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isRoot } from '../is-root.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { MAIN, type Place } from './find-exercises.ts'

/** Where they are: `work`, or another directory of the workbook that SKDOCKER_WORK names, as the tests do. */
export const work = join(projectRoot, process.env.SKDOCKER_WORK || 'work')

/** The directory of one exercise. */
export const directoryOf = ({ chapter, exercise }: Place): string =>
  exercise.name === MAIN ? join(work, chapter.name) : join(work, chapter.name, exercise.name)

// With sudo, too, the files belong to whom the workbook belongs, who is to edit them.
const giveToOwner = (path: string): void => {
  if (!isRoot()) return
  const { uid, gid } = statSync(projectRoot)
  chownSync(path, uid, gid)
}

const makeDirectory = (directory: string): void => {
  if (existsSync(directory)) return
  makeDirectory(dirname(directory))
  mkdirSync(directory)
  giveToOwner(directory)
}

/** Writes one of the files. Throws NodeJS.ErrnoException. */
export const writeWork = (path: string, content: string): void => {
  makeDirectory(dirname(path))
  writeFileSync(path, content)
  giveToOwner(path)
}

/** Keeps a copy of a file beside it: `main.ts.1`, `main.ts.2`. Returns its path. Throws NodeJS.ErrnoException. */
export const keepCopy = (path: string): string => {
  for (let number = 1; ; number += 1) {
    const copy = `${path}.${number}`
    if (existsSync(copy)) continue
    copyFileSync(path, copy)
    giveToOwner(copy)
    return copy
  }
}

/** Whether a file has this content. */
export const hasContent = (path: string, content: string): boolean =>
  existsSync(path) && readFileSync(path, 'utf8') === content
