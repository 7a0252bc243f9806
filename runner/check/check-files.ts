/** Checks that the list of files in a text names every program beside the text. */

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Heading, type Lesson, ofKind } from '../lesson/lesson.ts'
import type { Problem } from './problem.ts'

/** The anchors of the list's heading, "The files", in each language. */
const LIST_ANCHORS: readonly string[] = ['the-files', '文件一览']

const isProgram = (name: string): boolean => /\.(ts|js|sh)$/.test(name)

const isChapter = (folder: string): boolean => /\/chapters\/\d+-[^/]+$/.test(folder)

/** The files that the links below a heading lead to. */
const filesNamedBelow = (heading: Heading, { file, blocks, links }: Lesson): ReadonlySet<string> => {
  const next = ofKind(blocks, 'heading').find(({ line, level }) => line > heading.line && level <= heading.level)
  const end = next?.line ?? Number.POSITIVE_INFINITY
  const below = links.filter(({ line }) => line > heading.line && line < end)
  return new Set(below.map(({ href }) => join(dirname(file), href)))
}

/** Finds the programs beside a text that its list does not name by a link. A chapter must have such a list. */
export const checkFiles = (lesson: Lesson): Problem[] => {
  const { file, blocks } = lesson
  const folder = dirname(file)
  const heading = ofKind(blocks, 'heading').find(({ anchor }) => LIST_ANCHORS.includes(anchor))
  if (!heading && !isChapter(folder)) return []
  const named = heading ? filesNamedBelow(heading, lesson) : new Set()
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => isProgram(name) && !named.has(join(folder, name)))
    .sort()
    .map(name => ({ file, line: heading?.line ?? 1, message: `the section "The files" does not name ${name}` }))
}
