import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Source } from '../../runner/setup/busybox-sources.ts'
import { completeRootfs } from '../../runner/setup/complete-rootfs.ts'
import { SetupError } from '../../runner/setup/setup-error.ts'
import { busyboxPath, completedRootfs, installedSource, mode, noSource, oddDirectory } from './setup-fixture.ts'

const said = vi.spyOn(console, 'log').mockImplementation(() => {})
const output = () => said.mock.calls.map(String).join('\n')

beforeEach(() => void vi.stubEnv('BUSYBOX', undefined))
afterEach(() => {
  vi.unstubAllEnvs()
  said.mockClear()
})

test('without a source there is one message with the cure for each family, and nothing half-made', async () => {
  const rootfs = join(oddDirectory(), 'busybox')
  const failure = await completeRootfs(rootfs, [noSource]).catch(error => error)
  expect(failure).toBeInstanceOf(SetupError)
  for (const cure of ['apt-get install busybox-static', 'dnf', 'apk add', 'pacman', 'BUSYBOX=']) {
    expect(failure.message).toContain(cure)
  }
  expect(failure.message).not.toContain('\n')
  expect(output()).toContain('not from nowhere: there is none')
  expect(readdirSync(join(rootfs, '..'))).toEqual([])
})

test('a source that has a dynamic program, or a static one that is no busybox, gives way to the next', async () => {
  const dynamic: Source = { name: 'dynamic', find: async () => process.execPath }
  await completedRootfs([noSource, dynamic, installedSource])
  expect(output()).toMatch(
    /not from nowhere: there is none\n.*not from dynamic: .* is dynamically linked.*\n.*took/,
  )
})

test('BUSYBOX names the busybox to take, from where the reader stands, whatever its name and mode', async () => {
  const rootfs = join(oddDirectory(), 'busybox')
  const directory = oddDirectory()
  writeFileSync(join(directory, 'my own'), readFileSync(busyboxPath), { mode: 0o600 })
  vi.stubEnv('INIT_CWD', directory)
  vi.stubEnv('BUSYBOX', 'my own')
  await completeRootfs(rootfs, [noSource])
  expect(output()).toMatch(/took BusyBox .* from BUSYBOX=my own/)
  expect(mode(join(rootfs, 'bin/busybox'))).toBe(0o755)
})

test.each([
  ['a dynamic program', process.execPath, /dynamically linked, and must be static/],
  ['a directory', '/', /is a directory/],
  ['a missing file', '/no/such/file', /does not exist/],
])('BUSYBOX that is %s is refused, also when another source has one', async (_, named, reason) => {
  const rootfs = join(oddDirectory(), 'busybox')
  vi.stubEnv('BUSYBOX', named)
  const failure = await completeRootfs(rootfs, [installedSource]).catch(error => error)
  expect(failure).toBeInstanceOf(SetupError)
  expect(failure.message).toMatch(reason)
  expect(readdirSync(join(rootfs, '..'))).toEqual([])
})
