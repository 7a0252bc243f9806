/** What one program adds to another. */

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { Colours } from '../colours.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { visible } from '../visible.ts'
import type { Program } from './program-named.ts'

const paintLine = (line: string, { bold, cyan, green, red }: Colours): string => {
  if (/^(---|\+\+\+) /.test(line)) return bold(line)
  if (line.startsWith('@@')) return cyan(line)
  if (line.startsWith('+')) return green(line)
  return line.startsWith('-') ? red(line) : line
}

/** A patch in colours, without the lines that patch(1) alone needs. */
export const paintPatch = (patch: string, paint: Colours): string => {
  const lines = visible(patch)
    .split('\n')
    .filter(line => !/^(Index: |={20,}$)/.test(line))
  // The first two lines name the files. In all others the first characters tell what kind of line it is.
  return lines
    .map((line, index) => (index > 1 && /^(---|\+\+\+) /.test(line) ? line : paintLine(line, paint)))
    .join('\n')
}

/** A unified diff of two programs, empty where they are the same. Source: diff(1), -u */
export const showDiff = (before: Program, after: Program, paint: Colours): string => {
  const [one, other] = [before, after].map(({ path }) => readFileSync(path, 'utf8'))
  if (one === other) return ''
  const [from, to] = [before, after].map(({ path }) => relative(projectRoot, path))
  return paintPatch(createTwoFilesPatch(from!, to!, one!, other!, undefined, undefined, { context: 5 }), paint)
}
