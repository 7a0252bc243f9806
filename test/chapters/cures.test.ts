/** What an error says to do is done here, to the letter, and then the same command must work. */

import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  command,
  hostUnchanged,
  needs,
  ours,
  program,
  repository,
  requireSuccess,
  temporaryDirectory,
  world,
} from '../harness/index.ts'
import { freshRootfs } from '../harness/rootfs.ts'
import { newHome } from '../skdocker/little-host.ts'
import {
  chapter,
  machine,
  onlyThese,
  output,
  resetBridgeAfterFailure,
  untilTestEnds,
  withInternet,
} from './06-net-world.ts'

const place = world('a host to be cured', ['mount'])

withInternet()
hostUnchanged(place)
hostUnchanged(machine)
resetBridgeAfterFailure()

const needed = ours(needs('root', 'busybox'))
const needsNetwork = ours(needs('root', 'busybox', 'ip', 'iptables or nft', 'cgroup:pids'))
const needsOverlay = ours(needs('root', 'busybox', 'ip', 'iptables or nft', 'cgroup:pids', 'filesystem:overlay'))

/** The command between quotation marks in the one line of an error. */
const quotedIn = (stderr: string): string => {
  const [, cure] = /^skdocker: [^\n]*"([^"\n]+)"[^"\n]*\n$/.exec(stderr) ?? []
  if (cure) return cure
  throw new Error(`there is no command in ${stderr}`)
}

const TRUE = ['/bin/true']

describe('a root filesystem', needed, () => {
  const run = (file: string, ...args: string[]) => program(file).on(place).run(args)

  test('a tar in its place is unpacked', async () => {
    const directory = temporaryDirectory()
    const image = join(repository, 'images/busybox.tar')
    const { code, stderr } = await run('02-chroot/main.ts', image, ...TRUE)
    expect(code).toBe(125)
    const cure = quotedIn(stderr.replaceAll(`"${image}"`, image))
    requireSuccess(await command('sh', '-c', cure.replace('IMAGE', image).replace('DIRECTORY', directory)).run())
    requireSuccess(await run('02-chroot/main.ts', directory, ...TRUE))
  })

  test('a mount point that is missing is made', async () => {
    const rootfs = await freshRootfs()
    rmSync(join(rootfs, 'proc'), { recursive: true })
    const { stderr } = await run('04-allns/main.ts', rootfs, ...TRUE)
    expect(stderr).toMatch(
      /ENOENT .*the mount point must exist in the root filesystem: make the directory first\n$/,
    )
    mkdirSync(join(rootfs, 'proc'))
    requireSuccess(await run('04-allns/main.ts', rootfs, ...TRUE))
  })

  test('a program that is not executable becomes so', async () => {
    const rootfs = await freshRootfs()
    writeFileSync(join(rootfs, 'greet'), '#!/bin/sh\necho hello\n')
    const greet = () => run('02-chroot/main.ts', rootfs, '/greet')
    const { code, stderr } = await greet()
    expect(code).toBe(126)
    requireSuccess(await command('sh', '-c', `${quotedIn(stderr)} ${rootfs}/greet`).run())
    expect(requireSuccess(await greet())).toBe('hello')
  })

  test('a limit of namespaces is raised where the error says', needs('userns', 'unshare'), async () => {
    const line = program('04-allns/main.ts').line(['busybox', ...TRUE])
    const script = `echo 0 >/proc/sys/user/max_uts_namespaces; ${line}; echo $?
      for limit in "$1"; do echo 1000 >$limit; done; ${line}; echo $?`
    const { stdout, stderr } = await command('unshare', '--map-root-user', 'bash', '-c', script, 'bash', '').run()
    const [, limits = ''] = /ENOSPC .*: see (\S+)\n$/.exec(stderr) ?? []
    expect(limits).toBe('/proc/sys/user/max_*_namespaces')
    const cured = script.replace('"$1"', limits)
    expect(stdout).toMatch(/^125\n/)
    const after = await command('unshare', '--map-root-user', 'bash', '-c', cured).run()
    expect(after.stdout).toBe('125\n0\n')
  })
})

test('a controller that is not mounted is mounted', ours(needs('root', 'busybox', 'v1:pids')), async () => {
  const bare = world('a host without cgroups', ['mount'], 'umount -l /sys/fs/cgroup')
  const run = () =>
    program('05-cgroup/main.ts')
      .on(bare)
      .run(['--pids', '20', 'busybox', ...TRUE])
  for (let controllers = 0; controllers < 2; controllers++) {
    const { code, stderr } = await run()
    expect(code).toBe(125)
    const directory = temporaryDirectory()
    requireSuccess(await command('sh', '-c', quotedIn(stderr).replace('DIRECTORY', directory)).on(bare).run())
  }
  requireSuccess(await run())
})

describe('the network', needsNetwork, () => {
  const onMachine = (line: string) => output(`cd ${repository}; ${line}`)
  const skdocker = (env = {}) =>
    program('skdocker/main.ts')
      .on(machine)
      .run(['run', '--rm', 'busybox', ...TRUE], { env: { SKDOCKER_HOME: home, ...env } })
  const home = newHome()

  test('a bridge that is missing is made, and one that is in the way is taken down', async () => {
    const main = () => chapter('main.ts').run(['busybox', ...TRUE])
    const other = () => chapter('init-net.ts').run(['--subnet', '10.77.8.0/24'])
    await onMachine(quotedIn((await main()).stderr))
    requireSuccess(await main())
    await onMachine(quotedIn((await other()).stderr))
    requireSuccess(await other())
    requireSuccess(await chapter('init-net.ts').run(['--down']))
  })

  test('"skdocker run" has no --subnet: the bridge is made with another range before', needsOverlay, async () => {
    await untilTestEnds('ip address add 172.16.9.1/24 dev lo', 'ip address delete 172.16.9.1/24 dev lo')
    const refused = await skdocker()
    expect(refused.code).toBe(125)
    await onMachine(quotedIn(refused.stderr))
    requireSuccess(await skdocker())
    requireSuccess(await chapter('init-net.ts').run(['--down']))
  })

  test.each([['ip'], ['iptables', 'nft']])('%s that is not on PATH', needsOverlay, async (...tools) => {
    const others = tools[0] === 'ip' ? ['tar', 'cat', 'rm'] : ['tar', 'cat', 'rm', 'ip']
    const { PATH } = await onlyThese(...others)
    const { stderr } = await skdocker({ PATH })
    const [, cure = 'there is none'] = /"export (PATH=[^"]+)"/.exec(stderr) ?? []
    expect(cure).toMatch(/^PATH=\$PATH:\/\S+$/)
    requireSuccess(await skdocker({ PATH: cure.replace('PATH=$PATH', PATH) }))
  })
})

describe('overlayfs on overlayfs', needsOverlay, () => {
  const below = temporaryDirectory('below')
  const layered = world(
    'a host whose disk is an overlay',
    ['mount', 'net'],
    `cd ${below}; mkdir lower upper work merged
     mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; mkdir merged/images`,
  )
  const disk = newHome('disk', ['busybox'])

  test.each(['07-unionfs/main.ts', 'skdocker/main.ts'])('%s runs with SKDOCKER_HOME on a disk', async file => {
    await layered.pid()
    const copy = `cp ${join(repository, 'images/busybox.tar')} ${below}/merged/images`
    requireSuccess(await command('sh', '-c', copy).on(layered).run())
    const run = (SKDOCKER_HOME: string) =>
      program(file)
        .on(layered)
        .run(['run', '--network', 'none', 'busybox', ...TRUE], { env: { SKDOCKER_HOME } })
    const { code, stderr } = await run(join(below, 'merged'))
    expect(stderr).toMatch(
      /EINVAL .*: overlayfs keeps nothing on overlayfs.*: name a directory on a disk with SKDOCKER_HOME\n$/,
    )
    expect(code).toBe(125)
    expect((await run(disk)).code).toBe(0)
  })
})

test('a busybox that is missing is set up', needed, async () => {
  const directory = temporaryDirectory()
  const { stderr } = await program('02-chroot/main.ts').run([join(directory, 'busybox'), ...TRUE])
  expect(stderr).toMatch(/ENOENT .*: check the path, or make busybox\/ with "npm run setup"\n$/)
  mkdirSync(join(directory, 'made/bin'), { recursive: true })
  copyFileSync(join(repository, 'busybox/bin/busybox'), join(directory, 'made/bin/busybox'))
  const { completeRootfs } = await import('../../runner/setup/complete-rootfs.ts')
  await completeRootfs(join(directory, 'made'))
  renameSync(join(directory, 'made'), join(directory, 'busybox'))
  requireSuccess(await program('02-chroot/main.ts').run([join(directory, 'busybox'), ...TRUE]))
})
