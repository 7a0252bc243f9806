/**
 * What holds for the programs of the course and for nobody else's: their wording, their flags, what they are run by. With
 * SKDOCKER_PROGRAM none of it is selected.
 */

import { chmodSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  command,
  freshRootfs,
  hostShell,
  hostUnchanged,
  initOf,
  isAlive,
  limits,
  needs,
  ourProgram,
  ours,
  quoted,
  readProcess,
  repository,
  temporaryDirectory,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { BOTH_KINDS, MOUNTS_PROC, privateHost } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const needed = ours(needs('root', 'busybox'))

/** Exactly one line, with all of this in it. */
const oneLine = (...parts: string[]) =>
  expect.stringMatching(new RegExp(`^(?=[^\\n]*\\n$)${parts.map(has).join('')}`))
const has = (part: string): string => `(?=.*${part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`

/** What a program says on stderr when it is called with each of these arguments. */
const words = async (file: string, all: readonly (readonly string[])[]): Promise<string[]> =>
  Promise.all(all.map(async args => (await ourProgram(file).on(place).run(args)).stderr))

describe.each(BOTH_KINDS)('%s', file => {
  test('says of a command that cannot be started which it is, and the kernel’s word for why', needed, async () => {
    const rootfs = await freshRootfs()
    const scripts = { '/not-executable': 0o644, '/no-first-line': 0o755 }
    for (const [name, mode] of Object.entries(scripts)) {
      writeFileSync(join(rootfs, name), 'echo never\n')
      chmodSync(join(rootfs, name), mode)
    }
    writeFileSync(join(rootfs, 'no-interpreter'), '#!/no/such/interpreter\n', { mode: 0o755 })
    const reasons = [
      ['/no/such', 'ENOENT'],
      ['/no-interpreter/x', 'ENOTDIR'],
      ['/bin', 'EACCES'],
      ['/not-executable', 'EACCES'],
      ['/no-interpreter', 'ENOENT'],
      ['/no-first-line', 'ENOEXEC'],
    ] as const
    const said = await words(
      file,
      reasons.map(([path]) => [rootfs, path]),
    )
    expect(said).toEqual(reasons.map(reason => oneLine(...reason)))
  })

  test(
    'says of a root filesystem that is none the call, its argument, and the kernel’s word for why',
    needed,
    async () => {
      const aFile = join(temporaryDirectory(), 'file')
      writeFileSync(aFile, '')
      const reasons = [
        ['no-such-rootfs', 'ENOENT'],
        [aFile, 'ENOTDIR'],
        ['x'.repeat(256), 'ENAMETOOLONG'],
      ] as const
      const said = await words(
        file,
        reasons.map(([rootfs]) => [rootfs, '/bin/true']),
      )
      expect(said).toEqual(reasons.map(([path, why]) => oneLine('chroot', path.slice(0, 50), why)))
    },
  )

  test('says what is missing on its command line, and where help is', needed, async () => {
    expect(await words(file, [[], ['busybox'], ['--no', 'busybox', '/bin/true']])).toEqual([
      oneLine('<rootfs> and <command> missing', '--help'),
      oneLine('<command> missing', '--help'),
      oneLine('--no', '--help'),
    ])
  })

  test('ends with 125 for an option it does not have (row 5)', needed, async () => {
    expect(await ourProgram(file).on(place).run(['--no', 'busybox', '/bin/true'])).toMatchObject({
      code: 125,
      stdout: '',
    })
  })
})

test.each(MOUNTS_PROC)('%s says without a place for /proc what could not be mounted', needed, async file => {
  const rootfs = await freshRootfs()
  rmdirSync(join(rootfs, 'proc'))
  expect(await words(file, [[rootfs, '/bin/true']])).toEqual([oneLine('mount', '/proc', 'ENOENT')])
})

describe('02-chroot/main.ts', () => {
  const chroot = ourProgram('02-chroot/main.ts')

  test('--help says how it is used', needed, async () => {
    const help = { code: 0, stdout: expect.stringContaining('usage: main.ts'), stderr: '' }
    expect(await chroot.run(['--help'])).toMatchObject(help)
  })

  test.each([
    ['with --', ['--', 'busybox', '/bin/sh', '-c', 'echo --trace; exit 3'], 3],
    ['where the operands begin', ['busybox', '/bin/echo', '--trace'], 0],
  ])('options end %s', needed, async (_, args, code) => {
    expect(await chroot.run(args)).toMatchObject({ code, stdout: '--trace\n', stderr: '' })
  })

  test('says of bash without its libraries that they may be what is missing', {
    ...needed,
    ...ours(needs('root', 'bash')),
  }, async () => {
    const rootfs = temporaryDirectory()
    await command('sh', '-ec', 'mkdir "$0/bin"; cp -L /bin/bash "$0/bin"', rootfs).run()
    const { stderr } = await chroot.run([rootfs, '/bin/bash'])
    expect(stderr).toMatch(/^[^\n]*\/bin\/bash[^\n]*(loader|librar|interpreter)[^\n]*\n$/)
  })
})

describe('04-allns/main.ts', () => {
  test('is the parent of its first process: nobody is between them', needed, async () => {
    const { init, starter } = await startShell('04-allns/main.ts', ['busybox'], { world: place })
    expect(readProcess(init)!.ppid).toBe(starter.pid)
  })

  const npx = ['npx', 'tsx', `${repository}chapters/04-allns/main.ts`, 'busybox', '/bin/sh', '-c']

  test.each([
    ['soft', 'ulimit -Sn 300', `300 ${limits()['Max open files']!.hard}`],
    ['hard', 'ulimit -n 512', '512 512'],
  ])(
    'through npx tsx a lowered %s limit of open files is that of the shell (row 14)',
    ours(needs('root', 'busybox', 'bash')),
    async (_, setup, expected) => {
      const line = quoted([...npx, 'echo $(ulimit -Sn) $(ulimit -Hn)'])
      const { stdout } = await command('bash', '-c', `${setup}\n${line}\ntrue`).on(place).run()
      expect(stdout).toBe(`${expected}\n`)
    },
  )

  test(
    'through npx tsx the caller has the terminal back when the container has ended (row 10)',
    ours(needs('root', 'busybox', 'pty')),
    async () => {
      const terminal = await hostShell({ world: place })
      const script = "trap 'echo stopped; sleep 0.3; exit' INT; echo on; while sleep 0.02; do :; done"
      terminal.enter(quoted([...npx, script]))
      await terminal.waitFor(/on$/m)
      const init = await initOf(terminal)
      terminal.type('\x03')
      await terminal.waitFor(/stopped$/m)
      await terminal.waitFor(/host\$ /)
      expect(isAlive(init)).toBe(false)
    },
  )
})
