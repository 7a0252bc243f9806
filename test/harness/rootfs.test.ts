import { existsSync, lstatSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freshRootfs, needs, repository, temporaryDirectory, world } from './index.ts'
import { nestedVitest } from './nested-vitest.ts'
import { tree } from './picture/files.ts'

const busybox = join(repository, 'busybox')

// Only root can copy its devices.
describe('a fresh root filesystem', needs('root', 'busybox'), () => {
  let last = ''

  test('is like busybox/, whatever its name', async () => {
    last = await freshRootfs(`a b,c:d'e"f\\g é\n$(h)`)
    const below = (path: string) => tree(path).map(line => line.slice(path.length))
    expect(below(last)).toEqual(below(busybox))
  })

  test('is gone after the test', () => {
    expect(last).not.toBe('')
    expect(existsSync(last)).toBe(false)
  })

  test('shares no inode with busybox/', async () => {
    const rootfs = await freshRootfs()
    writeFileSync(join(rootfs, 'bin/busybox'), 'overwritten')
    expect(lstatSync(join(busybox, 'bin/busybox')).size).toBeGreaterThan(100_000)
  })
})

describe('a temporary directory', () => {
  const shared = temporaryDirectory()

  test('made outside of a test lasts as long as the file', () => {
    expect(readdirSync(shared)).toEqual([])
  })

  test('and is still there for the next', () => {
    expect(existsSync(shared)).toBe(true)
  })

  test('is not removed while something is mounted in it', needs('root'), async () => {
    const mounts = world('world with a mount left in it', ['mount'])
    const { stderr, code } = await nestedVitest('mounted', [], {}, mounts)
    expect(code).toBe(1)
    const path = /not removed, still mounted: (.*)\/mounted$/m.exec(stderr)![1]!
    expect(readdirSync(path)).toEqual(['mounted'])
    rmdirSync(join(path, 'mounted'))
    rmdirSync(path)
  })

  test.each([
    ['whose tests run', []],
    ['whose tests are all skipped', ['-t', 'no such test', '--passWithNoTests']],
  ])('is not left by a test file %s', async (_, args) => {
    const TMPDIR = temporaryDirectory()
    const { code, stderr } = await nestedVitest('directories', args, { TMPDIR })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(readdirSync(TMPDIR).filter(name => name.startsWith('skdocker'))).toEqual([])
  })

  afterAll(() => expect(existsSync(shared)).toBe(true))
})
