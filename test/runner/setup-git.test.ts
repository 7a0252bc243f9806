import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { completeRootfs } from '../../runner/setup/complete-rootfs.ts'
import { hasMadePaths, removeMadePaths } from '../../runner/setup/made-paths.ts'
import { busyboxSkeleton } from '../../runner/setup/skeleton.ts'
import { needs, repository } from '../harness/index.ts'
import { completedRootfs, installedSource, listing, oddDirectory } from './setup-fixture.ts'

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.stubEnv('BUSYBOX', undefined)
})

const handMade = Object.keys(busyboxSkeleton.files)

/** A clone in which nothing was set up yet: the files that git knows, and those that it is to leave out. */
const freshClone = (): { clone: string; git: (...args: string[]) => string } => {
  const clone = oddDirectory()
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
      cwd: clone,
      env,
      encoding: 'utf8',
    })
  cpSync(join(repository, '.gitignore'), join(clone, '.gitignore'))
  mkdirSync(join(clone, 'busybox/etc'), { recursive: true })
  for (const path of handMade) cpSync(join(repository, 'busybox', path), join(clone, 'busybox', path))
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', 'all')
  return { clone, git }
}

test('the hand-made files are in the repository as setup makes them', () => {
  for (const [path, { content }] of Object.entries(busyboxSkeleton.files))
    expect(readFileSync(join(repository, 'busybox', path), 'utf8')).toBe(content)
})

test('git takes the hand-made files and nothing else of busybox/', needs('git'), () => {
  const { clone, git } = freshClone()
  writeFileSync(join(clone, 'busybox/etc/shadow'), '')
  git('add', '.')
  expect(git('ls-files').trim().split('\n')).toEqual([
    '.gitignore',
    ...handMade.map(path => `busybox/${path}`).sort(),
  ])
})

test(
  'after setup, and after a container has written in it, git status is clean',
  needs('root', 'git'),
  async () => {
    const { clone, git } = freshClone()
    const rootfs = join(clone, 'busybox')
    await completeRootfs(rootfs, [installedSource])
    expect(git('status', '--porcelain')).toBe('')
    expect(readdirSync(rootfs)).toEqual(
      Object.keys(busyboxSkeleton.directories)
        .filter(path => /^\w+$/.test(path))
        .sort(),
    )
    const script = 'for place in / /root /tmp /home /var/www /bin /etc; do echo mine >$place/mine; done'
    execFileSync('chroot', [rootfs, '/bin/sh', '-c', script])
    expect(existsSync(join(rootfs, 'etc/mine'))).toBe(true)
    expect(git('status', '--porcelain')).toBe('')
  },
)

test('a fresh clone is completed to what setup builds where there is nothing', needs('git'), async () => {
  const { clone } = freshClone()
  await completeRootfs(join(clone, 'busybox'), [installedSource])
  expect(listing(join(clone, 'busybox'))).toEqual(listing(await completedRootfs()))
})

test('what setup made is removed, the hand-made files stay and what the reader wrote', async () => {
  const rootfs = await completedRootfs()
  writeFileSync(join(rootfs, 'root/notes'), 'mine')
  writeFileSync(join(rootfs, 'bin/mine'), 'mine')
  symlinkSync('mine', join(rootfs, 'bin/yours'))
  expect(hasMadePaths(rootfs)).toBe(true)
  removeMadePaths(rootfs)
  const left = (readdirSync(rootfs, { recursive: true }) as string[]).sort()
  expect(left).toEqual(['bin', 'bin/mine', 'bin/yours', 'etc', ...handMade.toSorted(), 'root', 'root/notes'])
  expect(hasMadePaths(rootfs)).toBe(false)
})

test('a link that a container put in the place of a directory is not followed when that is removed', async () => {
  const rootfs = oddDirectory()
  const outside = await completedRootfs()
  const before = listing(outside)
  symlinkSync(join(outside, 'bin'), join(rootfs, 'bin'))
  symlinkSync(join(outside, 'var'), join(rootfs, 'var'))
  removeMadePaths(rootfs)
  expect(listing(outside)).toEqual(before)
})
