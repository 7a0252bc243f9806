import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { runsTypeScript } from '../../runner/needs/plain-node.ts'
import { ourProgram, program, repository, shellWords, temporaryDirectory, typescript } from './index.ts'

afterEach(() => vi.unstubAllEnvs())

const experiment = async (text: string): Promise<string> => {
  const path = join(temporaryDirectory(), 'an experiment.ts')
  writeFileSync(path, text)
  return path
}

const chapter = join(repository, 'chapters/02-chroot/main.ts')

const wordsOf = (tsx: '0' | '1' | undefined, plainNode: string | undefined): string[] => {
  vi.stubEnv('SKDOCKER_PROGRAM', undefined)
  vi.stubEnv('SKDOCKER_TSX', tsx)
  vi.stubEnv('SKDOCKER_PLAIN_NODE', plainNode)
  return shellWords(program('02-chroot/main.ts').line(['busybox']))
}

test('SKDOCKER_TSX=1 has a chapter run by node with tsx, by absolute paths', () => {
  expect(wordsOf('1', '/opt/node')).toEqual([
    process.execPath,
    '--import',
    expect.stringMatching(/^file:\/\/\/.*tsx/),
    chapter,
    'busybox',
  ])
})

test('a Node that takes TypeScript by itself is preferred, and is this one where this one does', () => {
  expect(wordsOf(undefined, '/opt/node')).toEqual([
    runsTypeScript() ? process.execPath : '/opt/node',
    chapter,
    'busybox',
  ])
})

test('without such a Node tsx is used, and SKDOCKER_TSX=0 is refused', () => {
  if (runsTypeScript()) return
  expect(wordsOf(undefined, undefined)).toContain('--import')
  expect(() => wordsOf('0', undefined)).toThrow(/^SKDOCKER_TSX=0, but Node \S+ needs tsx/)
})

test('TypeScript runs from any directory', async () => {
  const path = await experiment('const words: string[] = process.argv.slice(2)\nconsole.log(words, process.cwd())')
  expect((await typescript(path).run(['a b', 'c'], { cwd: '/' })).stdout).toBe("[ 'a b', 'c' ] /\n")
})

test('there is one process, not two', async () => {
  const path = await experiment('console.log(process.pid); setTimeout(() => {}, 60_000)')
  const live = await typescript(path).start()
  expect((await live.stdout.waitFor(/\d+/))[0]).toBe(`${live.pid}`)
})

test('SKDOCKER_PROGRAM is put in the place of main.ts', async () => {
  vi.stubEnv('SKDOCKER_PROGRAM', `sh -c 'printf "<%s>" "$@"' "the name"`)
  expect((await program('02-chroot/main.ts').run(['busybox', '/bin/sh', '-c', 'a b'])).stdout).toBe(
    '<busybox></bin/sh><-c><a b>',
  )
})

test('SKDOCKER_PROGRAM is put in the place of nothing else', () => {
  vi.stubEnv('SKDOCKER_PROGRAM', '/bin/false')
  vi.stubEnv('SKDOCKER_TSX', undefined)
  expect(program('06-net/init-net.ts').line()).toContain('06-net/init-net.ts')
  expect(ourProgram('06-net/main.ts').line()).toContain('06-net/main.ts')
})
