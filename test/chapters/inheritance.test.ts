import { constants } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  command,
  foreignProgram,
  hostUnchanged,
  initOf,
  limits,
  needs,
  openDescriptors,
  program,
  quoted,
  signals,
} from '../harness/index.ts'
import { privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const { O_NONBLOCK } = constants

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox', 'bash')

const openFiles = (pid: number | 'self' = 'self') => limits(pid)['Max open files']!

/** The command line of each program, and of those that take no root filesystem, with a command that has no opinion. */
const LINES: Readonly<Record<string, string>> = Object.fromEntries([
  ...ROOTFS_PROGRAMS.map(file => [file, program(file).line(['busybox', '/bin/sleep', '60'])]),
  ...(foreignProgram() ? [] : [['04-allns/unshare.ts', program('04-allns/unshare.ts').line(['sleep', '60'])]]),
])

/** Runs a line in a shell that has done something to itself before and is still there after; looks at init meanwhile. */
const lookAtInit = async (
  setup: string,
  line: string,
  look: (pid: number) => void,
  root: 'own' | 'host' = 'own',
): Promise<void> => {
  const shell = await command('bash', '-c', `${setup}\n${line}\ntrue`).on(place).start()
  const init = await initOf(shell, { root })
  try {
    look(init)
  } finally {
    process.kill(init, 'SIGKILL')
    await shell.exit()
  }
}

describe.each(Object.keys(LINES))('%s, whatever its caller did before', file => {
  const look = (setup: string, at: (pid: number) => void) =>
    lookAtInit(setup, LINES[file]!, at, file === '04-allns/unshare.ts' ? 'host' : 'own')

  test('starts its command with no signal blocked, ignored or caught (row 13)', needed, async () => {
    await look("trap '' PIPE USR1 TERM XFSZ RTMIN", pid => {
      expect(signals(pid)).toEqual({ blocked: [], ignored: [], caught: [] })
    })
  })

  test("starts its command with the caller's limit of open files (row 14)", needed, async () => {
    await look('ulimit -Sn 256', pid => {
      expect(openFiles(pid)).toEqual({ soft: 256, hard: openFiles().hard })
    })
  })

  test('starts its command with descriptors 0, 1 and 2 and no other (row 15)', needed, async () => {
    await look('exec 7</dev/null 20>/dev/null', pid => {
      expect(openDescriptors(pid).map(({ fd }) => fd)).toEqual([0, 1, 2])
    })
  })

  test('starts its command with descriptors that block (row 17)', needed, async () => {
    // A command that does not expect it loses output: write: Resource temporarily unavailable
    await look('', pid => expect(openDescriptors(pid).filter(({ flags }) => flags & O_NONBLOCK)).toEqual([]))
  })
})

describe('04-allns/main.ts', () => {
  test('yes, whose reader has gone, ends quietly (row 13)', needed, async () => {
    const script = '{ yes; echo $? >&2; } | head -n 1'
    const result = await program('04-allns/main.ts').on(place).run(['busybox', '/bin/sh', '-c', script])
    expect(result).toMatchObject({ stdout: 'y\n', stderr: '141\n', code: 0 })
  })

  test('signals that the caller blocks are not blocked inside (row 13)', needed, async () => {
    const env = 'env --block-signal=USR1 --block-signal=TERM --ignore-signal=HUP'
    await lookAtInit('', `${env} ${LINES['04-allns/main.ts']}`, pid => {
      expect(signals(pid)).toEqual({ blocked: [], ignored: [], caught: [] })
    })
  })
})

describe('04-allns/main.ts: the limit of open files is that of the shell (row 14)', () => {
  const ask = ['busybox', '/bin/sh', '-c', 'echo $(ulimit -Sn) $(ulimit -Hn)']
  const direct = program('04-allns/main.ts').line(ask)

  /** What the shell says of itself, and what is said inside. */
  const askBoth = async (setup: string, line: string): Promise<string[]> => {
    const script = `${setup}\necho $(ulimit -Sn) $(ulimit -Hn)\n${line}\ntrue`
    return (await command('bash', '-c', script).on(place).run()).stdout.trimEnd().split('\n')
  }

  const { hard } = openFiles()

  test.each([
    ['a lowered soft limit', 'ulimit -Sn 256', direct, `256 ${hard}`],
    [
      'a lowered soft limit two shells up',
      `ulimit -Sn 300`,
      `bash -c ${quoted([`${direct}; true`])}`,
      `300 ${hard}`,
    ],
    ['a lowered hard limit', 'ulimit -n 512', direct, '512 512'],
    ['different limits below those of the system', 'ulimit -Sn 400; ulimit -Hn 600', direct, '400 600'],
  ])('%s', needed, async (_, setup, line, expected) => {
    expect(await askBoth(setup, line)).toEqual([expected, expected])
  })

  test('nothing changed', needed, async () => {
    const [shell, inside] = await askBoth('', direct)
    expect(inside).toBe(shell)
  })
})

describe('02-chroot/main.ts: descriptors 0, 1 and 2 (row 15)', () => {
  const chroot = program('02-chroot/main.ts').line([
    'busybox',
    '/bin/sh',
    '-c',
    'cat; echo out; echo err >&2; exit 6',
  ])

  test.each([
    ['stdin', '<&-', { stdout: 'out\n6\n', stderr: 'err\n' }],
    ['stderr', '2>&-', { stdout: 'out\n6\n', stderr: '' }],
    ['all of them', '<&- >&- 2>&-', { stdout: '6\n', stderr: '' }],
  ])('%s closed by the caller', needed, async (_, redirection, expected) => {
    expect(await command('bash', '-c', `${chroot} ${redirection}; echo $?`).run()).toMatchObject(expected)
  })
})
