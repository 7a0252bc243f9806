import { expect, test } from 'vitest'
import { difference, type Picture } from '../index.ts'
import { cgroupsOfOthers } from './cgroups.ts'

const pictureOf = (paths: string[], foreign: string[] = []): Picture => ({
  sections: new Map([['cgroups', paths]]),
  foreign: new Set(foreign),
})

test('a cgroup is foreign when it holds processes, but none of ours', () => {
  const all = [
    { path: '/empty', pids: [] },
    { path: '/ours', pids: [1, 2] },
    { path: '/theirs', pids: [1, 3] },
  ]
  expect(cgroupsOfOthers(all, new Set([2, 4]))).toEqual(['/theirs'])
})

test('others may make and remove theirs', () => {
  const theirs = pictureOf(['/theirs'], ['/theirs'])
  expect(difference(pictureOf([]), theirs)).toBe('')
  expect(difference(theirs, pictureOf([]))).toBe('')
})

test('we may neither leave one nor remove one that is empty', () => {
  expect(difference(pictureOf([]), pictureOf(['/ours']))).toBe('  cgroups\n    + /ours\n')
  expect(difference(pictureOf(['/empty']), pictureOf([]))).toBe('  cgroups\n    - /empty\n')
})
