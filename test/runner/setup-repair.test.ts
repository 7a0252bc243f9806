import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { completeRootfs } from '../../runner/setup/complete-rootfs.ts'
import { repository } from '../harness/index.ts'
import { needs } from '../harness/needs.ts'
import {
  busyboxPath,
  completedRootfs,
  installedSource,
  listing,
  mode,
  noSource,
  oddDirectory,
  sameBytes,
} from './setup-fixture.ts'

const said = vi.spyOn(console, 'log').mockImplementation(() => {})
const output = () => said.mock.calls.map(String).join('\n')

beforeEach(() => void vi.stubEnv('BUSYBOX', undefined))
afterEach(() => {
  vi.unstubAllEnvs()
  said.mockClear()
})

test('the second run changes nothing and asks no source', async () => {
  const rootfs = await completedRootfs()
  const before = [listing(rootfs), statSync(join(rootfs, 'bin/busybox')).ino]
  said.mockClear()
  await completeRootfs(rootfs, [noSource])
  expect([listing(rootfs), statSync(join(rootfs, 'bin/busybox')).ino]).toEqual(before)
  expect(output()).toMatch(/busybox\/ is complete/)
  expect(output()).not.toMatch(/took|repaired|nowhere/)
})

test('what is missing, empty, cut short or has a wrong mode is repaired', async () => {
  const rootfs = await completedRootfs()
  const before = listing(rootfs)
  rmSync(join(rootfs, 'bin/ls'))
  rmSync(join(rootfs, 'usr'), { recursive: true })
  rmSync(join(rootfs, 'etc/hosts'))
  truncateSync(join(rootfs, 'etc/passwd'))
  rmSync(join(rootfs, 'dev/null'), { force: true })
  if (process.geteuid?.() === 0) writeFileSync(join(rootfs, 'dev/null'), 'from a shell that had no dev/null')
  chmodSync(join(rootfs, 'tmp'), 0o700)
  chmodSync(join(rootfs, 'etc/group'), 0o600)
  chmodSync(rootfs, 0o700)
  truncateSync(join(rootfs, 'bin/busybox'), 1000)
  await completeRootfs(rootfs, [installedSource])
  expect(listing(rootfs)).toEqual(before)
  expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8')).toMatch(/^root:x:0:0:/)
  expect(sameBytes(join(rootfs, 'bin/busybox'), busyboxPath)).toBe(true)
})

test('what the reader has put there stays', async () => {
  const rootfs = await completedRootfs()
  writeFileSync(join(rootfs, 'root/notes'), 'mine')
  appendFileSync(join(rootfs, 'etc/hosts'), 'mine')
  rmSync(join(rootfs, 'bin/ls'))
  writeFileSync(join(rootfs, 'bin/ls'), 'mine')
  await completeRootfs(rootfs, [installedSource])
  expect(readFileSync(join(rootfs, 'root/notes'), 'utf8')).toBe('mine')
  expect(readFileSync(join(rootfs, 'bin/ls'), 'utf8')).toBe('mine')
  expect(readFileSync(join(rootfs, 'etc/hosts'), 'utf8')).toMatch(/localhost\n(.*\n)*mine$/)
})

test('a symbolic link that a container left is not followed into the host', async () => {
  const rootfs = await completedRootfs()
  const outside = oddDirectory()
  rmSync(join(rootfs, 'etc'), { recursive: true })
  symlinkSync(outside, join(rootfs, 'etc'))
  await expect(completeRootfs(rootfs, [installedSource])).rejects.toThrow(/etc is not a directory: remove it/)
  expect(readdirSync(outside)).toEqual([])
})

test('a directory of that name that is empty is filled, a file is named', async () => {
  const rootfs = join(oddDirectory(), 'busybox')
  mkdirSync(rootfs, { mode: 0o700 })
  await completeRootfs(rootfs, [installedSource])
  expect(mode(rootfs)).toBe(0o755)
  rmSync(rootfs, { recursive: true })
  writeFileSync(rootfs, '')
  await expect(completeRootfs(rootfs, [installedSource])).rejects.toThrow(/is not a directory: remove it/)
})

test('what is mounted inside is left as it is', needs('root', 'unshare'), async () => {
  const rootfs = await completedRootfs()
  const mountAndRepair = `
    mount -t proc proc "$ROOTFS/proc" && mount -t tmpfs -o mode=700 tmpfs "$ROOTFS/dev" &&
    "$0" --import tsx --input-type=module -e "$1" &&
    stat -c %a "$ROOTFS/proc" "$ROOTFS/dev" && ls "$ROOTFS/dev"`
  const repair = 'await (await import(process.env.MODULE)).completeRootfs(process.env.ROOTFS, [])'
  const output = execFileSync('unshare', ['-m', '/bin/sh', '-c', mountAndRepair, process.execPath, repair], {
    env: { ...process.env, ROOTFS: rootfs, MODULE: join(repository, 'runner/setup/complete-rootfs.ts') },
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(output).toMatch(/is complete: .*\n555\n700\n$/)
  expect(output).not.toContain('repaired')
})

test('a filesystem that is mounted there is completed', needs('root', 'unshare'), async () => {
  const rootfs = join(oddDirectory(), 'busybox')
  mkdirSync(rootfs)
  const mountAndComplete = `
    mount -t tmpfs tmpfs "$ROOTFS" && "$0" --import tsx --input-type=module -e "$1" &&
    cd "$ROOTFS" && ls -A && bin/busybox true && ls -A .. `
  const complete = 'await (await import(process.env.MODULE)).completeRootfs(process.env.ROOTFS)'
  const output = execFileSync('unshare', ['-m', '/bin/sh', '-c', mountAndComplete, process.execPath, complete], {
    env: {
      ...process.env,
      ROOTFS: rootfs,
      BUSYBOX: busyboxPath,
      MODULE: join(repository, 'runner/setup/complete-rootfs.ts'),
    },
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(output).toMatch(/is complete: .*\nbin\ndev\netc\nhome\nproc\nroot\nsys\ntmp\nusr\nvar\nbusybox\n$/)
})
