import { expect, test } from 'vitest'
import { quoted, shellWords } from './shell-words.ts'

test('a line is split as the shell splits it', () => {
  expect(shellWords(`unshare -pf '/a b/c d' "it's" e\\ f ""`)).toEqual([
    'unshare',
    '-pf',
    '/a b/c d',
    "it's",
    'e f',
    '',
  ])
})

test('names with * are not expanded', () => {
  expect(shellWords('ls /*')).toEqual(['ls', '/*'])
})

test('a line that the shell refuses is an error', () => {
  expect(() => shellWords(`sh -c 'oops`)).toThrow()
})

test('quoted words are split into the same words again', () => {
  const words = ['sh', '', 'a b', "it's", '$HOME', '`id`', '"', '\\', '*', 'new\nline', 'é;|&<>()']
  expect(shellWords(quoted(words))).toEqual(words)
})

test('plain words are left plain', () => {
  expect(quoted(['busybox', '/bin/sh', '-c', 'exit 42'])).toBe(`busybox /bin/sh -c 'exit 42'`)
})
