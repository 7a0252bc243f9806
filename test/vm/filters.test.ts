import { expect, test } from 'vitest'
import { vitestArguments } from './filters.ts'

const files = ['test/chapters/03-mount.test.ts', 'test/native/clone.test.ts', 'native/index.ts', 'test/vm/main.ts']

test('a part of a test file’s path is for vitest to look up', () => {
  expect(vitestArguments(['03-', 'test/native'], files)).toEqual(['03-', 'test/native'])
})

test('anything else is looked for in the names of tests, also what is part of no test’s path', () => {
  expect(vitestArguments(['native/clone', 'row 10', 'index'], files)).toEqual([
    'native/clone',
    '-t',
    'row 10|index',
  ])
})
