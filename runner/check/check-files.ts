/** A text that has a list of files names every file that lies beside it. */

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Lesson } from '../lesson/lesson.ts'
import type { Problem } from './problem.ts'

/** The anchors of the heading above such a list, in each language. */
const LISTS: readonly string[] = ['the-files', '文件一览']

const isProgram = (name: string): boolean => /\.(ts|js|sh)$/.test(name)

/** Finds the programs beside a text that its list does not name by a link. A text without such a list may leave out what it likes. */
export const checkFiles = ({ file, anchors, links }: Lesson): Problem[] => {
  if (!LISTS.some(anchor => anchors.has(anchor))) return []
  const folder = dirname(file)
  const named = new Set(links.map(({ href }) => join(folder, href)))
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => isProgram(name) && !named.has(join(folder, name)))
    .sort()
    .map(name => ({ file, line: 1, message: `the list of files does not name ${name}` }))
}
