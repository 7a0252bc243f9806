/** start, reset and solution: what they put into the reader's directory, and show. */

import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { ProgramError } from '#native/program-error.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { called, type Place, type ProgramPlace } from './find-exercises.ts'
import { directoryOf, hasContent, keepCopy, writeWork } from './workplace.ts'

/** The path of a file as the reader sees it. */
export const shownPath = (path: string): string => relative(projectRoot, path)

/**
 * Writes the files that a reader begins with.
 * @param files their contents, by name
 * @returns their paths
 * @throws ProgramError when one is there already, for it is the reader's own
 */
export const startExercise = (place: ProgramPlace, files: ReadonlyMap<string, string>): string[] => {
  const paths = [...files].map(([name, content]) => ({ path: join(directoryOf(place), name), content }))
  const there = paths.find(({ path }) => existsSync(path))
  const name = called(place)
  if (there)
    throw new ProgramError(
      `${shownPath(there.path)} is there already, and it is yours: go on with "npx tsx runner.ts try ${name}", ` +
        `or begin anew with "npx tsx runner.ts reset ${name}", which keeps a copy`,
    )
  for (const { path, content } of paths) writeWork(path, content)
  return paths.map(({ path }) => path)
}

/** A file that was replaced, and the copy of what was there; no copy where nothing was, or the same. */
export type Replaced = { readonly path: string; readonly copy: string | undefined }

/** Puts files into the reader's directory, and keeps a copy of what they take the place of. */
export const replaceFiles = (place: Place, files: ReadonlyMap<string, string>): Replaced[] =>
  [...files].map(([name, content]) => {
    const path = join(directoryOf(place), name)
    const copy = existsSync(path) && !hasContent(path, content) ? keepCopy(path) : undefined
    writeWork(path, content)
    return { path, copy }
  })

/** What the chapter has that the reader has not, and the other way round: a patch for each file, empty where they are the same. */
export const differences = (place: ProgramPlace, files: ReadonlyMap<string, string>): string =>
  [...files]
    .map(([name, content]) => {
      const path = join(directoryOf(place), name)
      const own = existsSync(path) ? readFileSync(path, 'utf8') : ''
      if (own === content) return ''
      const chapters = `chapters/${place.chapter.name}/${name}`
      return createTwoFilesPatch(shownPath(path), chapters, own, content, undefined, undefined, { context: 3 })
    })
    .join('')
