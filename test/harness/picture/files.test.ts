import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command, needs, temporaryDirectory, world } from '../index.ts'
import { tree } from './files.ts'

const old = (path: string) => join(path, 'old')

test.each([
  ['a new file', (path: string) => writeFileSync(join(path, 'new'), ''), /\/new 100644 \d+:\d+ 0 bytes$/],
  ['a longer file', (path: string) => writeFileSync(old(path), 'more'), /\/old 100644 \d+:\d+ 4 bytes$/],
  ['another mode', (path: string) => chmodSync(old(path), 0o4755), /\/old 104755/],
  ['another target', (path: string) => symlinkSync('/elsewhere', join(path, 'link')), /\/link .* -> \/elsewhere$/],
])('%s is seen', (_, change, expected) => {
  const path = temporaryDirectory()
  writeFileSync(old(path), '1', { mode: 0o644 })
  const before = tree(path)
  change(path)
  expect(tree(path).filter(line => !before.includes(line))).toEqual([expect.stringMatching(expected)])
})

test('a file that has gone, or that only its times have changed', () => {
  const path = temporaryDirectory()
  writeFileSync(old(path), '1')
  const before = tree(path)
  writeFileSync(old(path), '2')
  expect(tree(path)).toEqual(before)
  rmSync(old(path))
  expect(tree(path)).toEqual(before.slice(0, 1))
})

test('what is mounted below is not gone through', needs('root'), async () => {
  const path = temporaryDirectory()
  const mounts = world('world with a mount', ['mount'])
  mkdirSync(join(path, 'proc'))
  await command('mount', '-t', 'proc', 'proc', join(path, 'proc')).on(mounts).run()
  const inside = join(`/proc/${await mounts.pid()}/root`, path)
  expect(existsSync(join(inside, 'proc/version'))).toBe(true)
  expect(tree(inside)).toHaveLength(1)
})
