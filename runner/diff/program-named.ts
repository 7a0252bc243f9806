/** Which program of which chapter is meant. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { type Chapter, findChapters } from '../lesson/chapters.ts'
import { chapterNamed } from '../lesson/text-named.ts'
import { UsageError } from '../usage-error.ts'

/** A file of a chapter. */
export type Program = { readonly chapter: Chapter; readonly name: string; readonly path: string }

const MAIN = 'main.ts'

const programsOf = ({ folder }: Chapter): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()

/**
 * The program that is meant by `3`, `03-mount`, `mount/mount-flags.ts` or a path. Without a file it is the chapter's main.ts.
 * @throws UsageError that names the nearest, or all there are
 */
export const programNamed = (given: string): Program => {
  const [, word = given, file] = /^(?:\.\/)?(?:chapters\/)?([^/]+)(?:\/(.+))?$/.exec(given.replace(/\/$/, '')) ?? []
  const chapter = chapterNamed(word)
  const name = file ?? MAIN
  const path = join(chapter.folder, name)
  const all = programsOf(chapter)
  if (all.includes(name) && existsSync(path)) return { chapter, name, path }
  const [near] = [...all].sort((one, other) => distance(one, name) - distance(other, name))
  if (!near) throw new UsageError(`chapter ${chapter.name} has no programs: its text says what to type instead`)
  const cure = `did you mean ${chapter.name}/${near}? There are ${all.join(', ')}`
  throw new UsageError(`chapter ${chapter.name} has no program ${name}: ${cure}`)
}

/** The main program of the nearest chapter before that has one; where none has, the chapter's own. */
export const programBefore = ({ chapter }: Program): Program => {
  const before = findChapters().filter(({ name }) => name < chapter.name)
  const nearest = before.findLast(({ folder }) => existsSync(join(folder, MAIN)))
  return programNamed((nearest ?? chapter).name)
}
