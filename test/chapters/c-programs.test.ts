/** Programs in C that a text shows whole: a fence ```c whole. A compiler takes them as they stand. */

import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { findTexts, lessonOf } from '../../runner/lesson/chapters.ts'
import { ofKind } from '../../runner/lesson/lesson.ts'
import { command, hostUnchanged, needs, ours, temporaryDirectory } from '../harness/index.ts'

hostUnchanged()

// The other language carries the same blocks.
const programs = findTexts().flatMap(text => {
  const { file, blocks } = lessonOf(text, 'en')
  return ofKind(blocks, 'code')
    .filter(({ isWhole }) => isWhole)
    .map(block => ({ place: `${text.name}/${basename(file)}:${block.line}`, source: block.text }))
})

test.each(programs)('$place is a program in C', ours(needs('gcc')), async ({ source }) => {
  const path = join(temporaryDirectory(), 'program')
  const strict = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror']
  const result = await command('gcc', ...strict, '-x', 'c', '-', '-o', path).run([], { input: source })
  expect(result).toMatchObject({ stderr: '', code: 0 })
})
