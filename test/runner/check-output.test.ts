import { describe, expect, test } from 'vitest'
import { keepMatchingWildcards, matchOutput } from '../../runner/check/match-output.ts'
import { matchLine } from '../../runner/lesson/wildcards.ts'

const NONE = new Map<string, string>()

describe('a line', () => {
  test.each([
    ['a', 'a'],
    ['a [..] c', 'a b c'],
    ['a[..]', 'a'],
    ['[[..]]', '[x]'],
    ['net:[[..NET..]]', 'net:[4026531840]'],
    ['[..A..] and [..A..]', 'x and x'],
    ['(1+1)? [..] \\d', '(1+1)? = \\d'],
  ])('%j is %j', (expected, actual) => {
    expect(matchLine(expected, actual, NONE)).toBeDefined()
  })

  test.each([
    ['a', 'b'],
    ['a', 'a '],
    ['a [..] c', 'a b d'],
    ['a.c', 'abc'],
    ['[..A..] and [..A..]', 'x and y'],
    ['x[..A..]', 'x'],
  ])('%j is not %j', (expected, actual) => {
    expect(matchLine(expected, actual, NONE)).toBeUndefined()
  })

  test('a name keeps its meaning', () => {
    const names = matchLine('pid [..PID..]', 'pid 12', NONE)!
    expect(matchLine('[..PID..].', '12.', names)).toBe(names)
    expect(matchLine('[..PID..].', '13.', names)).toBeUndefined()
  })
})

describe('output', () => {
  test.each([
    [['...'], []],
    [['...'], ['a', 'b']],
    [
      ['a', '...', 'c'],
      ['a', 'c'],
    ],
    [
      ['...', 'c', '...'],
      ['a', 'c', 'c', 'd'],
    ],
    [
      ['...', 'x [..A..]', '...', '[..A..]'],
      ['x 1', 'x 2', '2'],
    ],
  ])('%j is %j', (expected, actual) => {
    expect(matchOutput(expected, actual, NONE)).toBeDefined()
  })

  test.each([
    [[], ['a']],
    [['a'], []],
    [
      ['a', '...', 'c'],
      ['a', 'b'],
    ],
    [
      ['...', 'b'],
      ['b', 'c'],
    ],
  ])('%j is not %j', (expected, actual) => {
    expect(matchOutput(expected, actual, NONE)).toBeUndefined()
  })

  test('what cannot match is given up soon', () => {
    const expected = Array.from({ length: 20 }, () => ['...', 'a']).flat()
    expect(matchOutput([...expected, 'b'], Array(300).fill('a'), NONE)).toBeUndefined()
  })
})

describe('the text that should be', () => {
  test.each([
    ['stays when it matches', ['a', '[..]'], ['a', 'b'], ['a', '[..]']],
    ['keeps lines that match', ['pid [..]', 'old'], ['pid 7', 'new'], ['pid [..]', 'new']],
    ['gets new lines', ['a [..]', 'c'], ['a 1', 'b', 'c'], ['a [..]', 'b', 'c']],
    ['loses lines', ['a', 'b', '[..]!'], ['a', 'x!'], ['a', '[..]!']],
    ['keeps `...`', ['one', '...', 'last 1'], ['one', 'x', 'y', 'last 2'], ['one', '...', 'last 2']],
    ['keeps `...` at the start', ['...', 'key 1'], ['x', 'y', 'key 2'], ['...', 'key 2']],
    ['of nothing is all', [], ['a', 'b'], ['a', 'b']],
    ['may become nothing', ['a'], [], []],
  ])('%s', (_, expected, actual, wanted) => {
    expect(keepMatchingWildcards(expected, actual, NONE)).toEqual(wanted)
  })

  test('always matches what was shown', () => {
    const names = new Map([['PID', '1']])
    const lines = keepMatchingWildcards(['[..PID..] a', '[..PID..] b', '...'], ['1 a', '2 b', 'c'], names)
    expect(lines).toEqual(['[..PID..] a', '2 b', '...'])
  })
})
