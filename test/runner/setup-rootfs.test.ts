import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { busyboxSkeleton } from '../../runner/setup/skeleton.ts'
import { repository } from '../harness/index.ts'
import { needs } from '../harness/needs.ts'
import { busyboxPath, completedRootfs, mode, oddDirectory, sameBytes } from './setup-fixture.ts'

const said = vi.spyOn(console, 'log').mockImplementation(() => {})
const output = () => said.mock.calls.map(String).join('\n')

beforeEach(() => void vi.stubEnv('BUSYBOX', undefined))
afterEach(() => {
  vi.unstubAllEnvs()
  said.mockClear()
})

test('a fresh root filesystem has what the listing of the course has', async () => {
  const rootfs = await completedRootfs()
  expect(readdirSync(rootfs)).toEqual(['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'usr', 'var'])
  expect(readdirSync(join(rootfs, 'etc'))).toEqual(['group', 'hosts', 'passwd', 'resolv.conf'])
  expect(sameBytes(join(rootfs, 'bin/busybox'), busyboxPath)).toBe(true)
  const applets = execFileSync(busyboxPath, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  expect(readdirSync(join(rootfs, 'bin')).sort()).toEqual([...new Set(['busybox', ...applets])].sort())
  expect(readlinkSync(join(rootfs, 'bin/sh'))).toBe('busybox')
  expect(output()).toMatch(/took BusyBox v\S+ .*from the tests/)
})

test('under umask 077 everyone may still read and enter', async () => {
  const rootfs = join(oddDirectory(), 'busybox')
  const modules = ['complete-rootfs', 'pack-images'].map(name => join(repository, `runner/setup/${name}.ts`))
  const script = `
    const { completeRootfs } = await import(${JSON.stringify(modules[0])})
    const { packImages } = await import(${JSON.stringify(modules[1])})
    await completeRootfs(process.env.ROOTFS, [{ name: 'a test', find: async () => ${JSON.stringify(busyboxPath)} }])
    await packImages(process.env.ROOTFS + '/../images', process.env.ROOTFS + '/bin/busybox')`
  const command = 'umask 077 && exec "$0" --import tsx --input-type=module -e "$1"'
  execFileSync('/bin/sh', ['-c', command, process.execPath, script], {
    env: { ...process.env, BUSYBOX: '', ROOTFS: rootfs },
    cwd: repository,
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  for (const [path, permissions] of Object.entries(busyboxSkeleton.directories)) {
    expect([path, mode(join(rootfs, path))]).toEqual([path, permissions])
  }
  expect(mode(join(rootfs, 'tmp'))).toBe(0o1777)
  expect(mode(join(rootfs, 'root'))).toBe(0o700)
  expect(mode(join(rootfs, 'bin/busybox'))).toBe(0o755)
  for (const name of ['group', 'hosts', 'passwd']) expect(mode(join(rootfs, 'etc', name))).toBe(0o644)
  expect(mode(join(rootfs, '../images'))).toBe(0o755)
  expect(mode(join(rootfs, '../images/busybox.tar'))).toBe(0o644)
})

test('root makes the device files, open to everyone', needs('root'), async () => {
  const rootfs = await completedRootfs()
  expect(readdirSync(join(rootfs, 'dev'))).toEqual(['full', 'null', 'random', 'tty', 'urandom', 'zero'])
  for (const name of readdirSync(join(rootfs, 'dev'))) {
    const [made, host] = [lstatSync(join(rootfs, 'dev', name)), statSync(join('/dev', name))]
    expect(made.isCharacterDevice()).toBe(true)
    expect([name, made.rdev, made.mode & 0o777]).toEqual([name, host.rdev, 0o666])
  }
})
