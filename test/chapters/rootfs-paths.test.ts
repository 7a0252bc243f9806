import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  freshRootfs,
  hostUnchanged,
  mountinfo,
  needs,
  ours,
  program,
  sharedHost,
  temporaryDirectory,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const place = privateHost()
const shared = sharedHost()
hostUnchanged(place, shared)

const needed = needs('root', 'busybox')

/** What a shell, a mount option, mountinfo and a terminal each have an opinion on. */
const STRANGE = `a b,c:d'e"f\\g\n$(h)*é中文🐳 `

const whoami = ['/bin/sh', '-c', 'cat /whoami; pwd; ls /proc/self/exe >/dev/null 2>&1 || echo no /proc']

test.each(ROOTFS_PROGRAMS)('%s in a directory with a strange name (row 24)', needed, async file => {
  const rootfs = await freshRootfs(STRANGE)
  writeFileSync(join(rootfs, 'whoami'), 'strange\n')
  const { stdout, stderr, code } = await program(file)
    .on(place)
    .run([rootfs, ...whoami])
  expect({ stdout: stdout.replace('no /proc\n', ''), stderr, code }).toEqual({
    stdout: 'strange\n/\n',
    stderr: '',
    code: 0,
  })
})

test(
  '04-allns/leaky-mount.ts in a directory with a strange name finds its leak again where / is shared (row 24)',
  ours(needed),
  async () => {
    const rootfs = await freshRootfs(STRANGE)
    const container = await startShell('04-allns/leaky-mount.ts', [rootfs], { world: shared })
    expect(mountinfo(await shared.pid()).map(({ mountPoint }) => mountPoint)).toContain(join(rootfs, 'proc'))
    expect(await container.exit()).toMatchObject({ code: 0 })
  },
)

test.each(['03-mount/main.ts', '04-allns/main.ts'])(
  '%s takes a directory by any of its names (row 24)',
  needed,
  async file => {
    const directory = temporaryDirectory()
    const rootfs = join(directory, 'rootfs')
    renameSync(await freshRootfs(), rootfs)
    writeFileSync(join(rootfs, 'whoami'), 'rootfs\n')
    mkdirSync(join(directory, 'links'))
    symlinkSync('../rootfs', join(directory, 'links/link'))
    const ways: [name: string, cwd: string][] = [
      ['rootfs/', directory],
      ['./links/../rootfs//', directory],
      ['.', rootfs],
      ['..', join(rootfs, 'bin')],
      [join(directory, 'links/link'), '/'],
    ]
    const outcomes = await Promise.all(
      ways.map(async ([name, cwd]) => {
        const { stdout, stderr, code } = await program(file).on(place).run([name, '/bin/cat', '/whoami'], { cwd })
        return [name, { stdout, stderr, code }]
      }),
    )
    expect(outcomes).toEqual(ways.map(([name]) => [name, { stdout: 'rootfs\n', stderr: '', code: 0 }]))
  },
)
