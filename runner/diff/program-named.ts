/** Which program of which chapter is meant. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import type { Chapter } from '../lesson/chapters.ts'
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
  const cure = near ? `did you mean ${chapter.name}/${near}? There are ${all.join(', ')}` : 'it has none'
  throw new UsageError(`chapter ${chapter.name} has no program ${name}: ${cure}`)
}

/** The main program of the chapter before; of the first chapter its own. */
export const programBefore = ({ chapter }: Program): Program =>
  programNamed(String(Math.max(1, Number(chapter.number) - 1)))
