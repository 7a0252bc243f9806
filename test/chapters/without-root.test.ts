import { describe, expect, test } from 'vitest'
import { command, hostUnchanged, needs, program, shellWords } from '../harness/index.ts'
import { startShell } from './container.ts'
import { BOTH_KINDS, privateHost } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox', 'setpriv')

// Who may read any file, for the tests must not depend on where the project and node are installed.
const READER = '-all,+dac_override'
const READS = ['--inh-caps', READER, '--bounding-set', READER]
const NOBODY = [
  'setpriv',
  '--reuid',
  '65534',
  '--regid',
  '65534',
  '--clear-groups',
  ...READS,
  '--ambient-caps',
  READER,
]
const POWERLESS = ['setpriv', ...READS]

/** A program's line run as somebody else. */
const as = (who: string[], line: string) => command(...who, ...shellWords(line)).on(place)

/** One line that says what was refused, why, and how to go on. */
const oneLine = expect.stringMatching(/^(?=[^\n]*\n$)(?=.*(EPERM|EACCES))(?=.*root)(?=.*sudo)/)

const never = ['busybox', '/bin/sh', '-c', 'echo never']

describe('another user is told that it takes root', () => {
  test.each([
    ...[...BOTH_KINDS, '03-mount/main.ts', '04-allns/uts.ts'].map(file => [file, never] as const),
    ['04-allns/unshare.ts', never.slice(1)] as const,
  ])('%s', needed, async (file, args) => {
    const result = await as(NOBODY, program(file).line(args)).run()
    expect(result).toMatchObject({ stdout: '', stderr: oneLine, code: 125 })
  })

  test('04-allns/setns.ts', needed, async () => {
    const { init } = await startShell('04-allns/main.ts', ['busybox'], { world: place })
    const result = await as(NOBODY, program('04-allns/setns.ts').line([`${init}`, '/bin/echo', 'never'])).run()
    expect(result).toMatchObject({ stdout: '', stderr: oneLine, code: 125 })
  })

  test('not by 02-chroot/hello-shell.ts, which needs no rights', needed, async () => {
    const hello = as(NOBODY, program('02-chroot/hello-shell.ts').line())
    const result = await hello.run([], { input: 'id -u; exit 3\n' })
    expect(result).toMatchObject({ stdout: '65534\n', stderr: '', code: 3 })
  })
})

test('root without its rights is told so, too', needed, async () => {
  const result = await as(POWERLESS, program('04-allns/main.ts').line(never)).run()
  expect(result).toMatchObject({ stdout: '', stderr: oneLine, code: 125 })
})
