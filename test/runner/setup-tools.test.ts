import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Tool } from '../../runner/setup/host-tools.ts'
import { needs } from '../harness/needs.ts'
import { busyboxPath, firstOnPath, writeTool } from './setup-fixture.ts'

const said = vi.spyOn(console, 'log').mockImplementation(() => {})
const warned = vi.spyOn(console, 'error').mockImplementation(() => {})
const isRoot = process.geteuid?.() === 0

beforeEach(() => vi.resetModules())
afterEach(() => {
  vi.unstubAllEnvs()
  said.mockClear()
  warned.mockClear()
})

const quark: Tool = {
  anyOf: ['no-such-quark', 'no-such-lepton'],
  why: 'chapter 99 splits it',
  packages: { 'apt-get': 'quark-deb', dnf: 'quark-rpm', apk: 'quark-apk', pacman: 'quark-arch' },
}

test('a cure names the installer of this machine, or of each family', async () => {
  const { cure } = await import('../../runner/setup/complete-tools.ts')
  expect(cure(quark, ['dnf'])).toBe('install it: dnf install quark-rpm')
  expect(cure(quark, [])).toBe(
    'install it: apt-get install quark-deb, or dnf install quark-rpm, or apk add quark-apk, or pacman -S quark-arch',
  )
})

test('an applet of busybox does not count as the tool itself', async () => {
  const directory = firstOnPath()
  symlinkSync(busyboxPath, join(directory, 'no-such-quark'))
  writeTool(directory, 'no-such-lepton', '')
  const { hasTool } = await import('../../runner/setup/run-tool.ts')
  expect(hasTool('no-such-quark')).toBe(false)
  expect(hasTool('no-such-lepton')).toBe(true)
})

test('root and apt-get install a missing tool, after an update when lists are missing', needs('root'), async () => {
  const directory = firstOnPath()
  const log = join(directory, 'log')
  writeTool(
    directory,
    'apt-get',
    `cd "$(dirname "$0")"; echo "$*" >> log
     case "$*" in
       *update) touch lists ;;
       *) test -e lists || { echo 'E: Unable to locate package' >&2; exit 100; }
          cp apt-get no-such-lepton ;;
     esac`,
  )
  const { completeTools } = await import('../../runner/setup/complete-tools.ts')
  await completeTools(directory, [quark])
  const commands = readFileSync(log, 'utf8').trim().split('\n')
  expect(commands.map(line => line.replace(/^.*Timeout=60 /, ''))).toEqual([
    'install -y --no-install-recommends quark-deb',
    'update',
    'install -y --no-install-recommends quark-deb',
  ])
  expect(said.mock.calls.join('\n')).toMatch(/quark.* is missing: chapter 99 splits it/)
  expect(said.mock.calls.join('\n')).toMatch(/installed: no-such-quark or no-such-lepton/)
  expect(warned).not.toHaveBeenCalled()
})

test('a tool that stays missing is named with its reason and cure, and is no failure', async () => {
  const directory = firstOnPath()
  writeTool(directory, 'apt-get', "echo 'E: no such package' >&2; exit 100")
  const { completeTools } = await import('../../runner/setup/complete-tools.ts')
  await completeTools(directory, [quark])
  const warning = warned.mock.calls.join('\n')
  expect(warning).toMatch(/quark.* is missing \(chapter 99 splits it\); install it: apt-get install quark-deb/)
  if (isRoot) expect(warning).toContain('could not install them: E: no such package')
  expect(readdirSync(directory)).toEqual(['apt-get'])
})
