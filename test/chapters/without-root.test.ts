import { describe, expect, test } from 'vitest'
import { command, hostUnchanged, needs, ours, program, shellWords } from '../harness/index.ts'
import { newHome } from '../skdocker/little-host.ts'
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
const oneLine = (cure: string) => ({
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^skdocker: [^\\n]+: ${cure}\\n$`)),
  code: 125,
})
const sudo = oneLine('this takes root: run it again with sudo')

const never = ['busybox', '/bin/sh', '-c', 'echo never']
// Without its cache tsx leaves no directory of this user's in /tmp.
const NO_CACHE = { TSX_DISABLE_CACHE: '1' }
const home = { env: { ...NO_CACHE, SKDOCKER_HOME: newHome() } }

test.each([...BOTH_KINDS, '03-mount/main.ts'])(
  '%s of another user is 125 and one line (row 5)',
  needed,
  async file => {
    const refused = { code: 125, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) }
    expect(await as(NOBODY, program(file).line(never)).run([], home)).toMatchObject(refused)
  },
)

describe('another user is told that it takes root', ours(), () => {
  test.each<[string, readonly string[]]>([
    ...[...BOTH_KINDS, '03-mount/main.ts', '04-allns/uts.ts'].map((file): [string, string[]] => [file, never]),
    ['04-allns/unshare.ts', never.slice(1)],
    ['05-cgroup/main.ts', ['--pids', '10', ...never]],
    ['06-net/init-net.ts', []],
    ['06-net/init-net.ts', ['--down']],
    ['06-net/main.ts', ['--network', 'host', ...never]],
    ['06-net/veth.ts', never],
    ['06-net/host-net.ts', never],
    ['06-net/internet.ts', []],
    ['07-unionfs/overlay-demo.ts', []],
    ['07-unionfs/copy-image.ts', ['run', ...never]],
    ['07-unionfs/main.ts', ['run', ...never]],
    ['skdocker/main.ts', ['run', ...never]],
    ['skdocker/main.ts', ['commit', 'some', 'image']],
    ['08-container/main.ts', ['1']],
  ])('%s %j', needed, async (file, args) => {
    expect(await as(NOBODY, program(file).line(args)).run([], home)).toMatchObject(sudo)
  })

  test('04-allns/setns.ts', needed, async () => {
    const { init } = await startShell('04-allns/main.ts', ['busybox'], { world: place })
    const result = await as(NOBODY, program('04-allns/setns.ts').line([`${init}`, '/bin/echo', 'never'])).run(
      [],
      home,
    )
    expect(result).toMatchObject(sudo)
  })

  test('not by 02-chroot/hello-shell.ts, which needs no rights', needed, async () => {
    const hello = as(NOBODY, program('02-chroot/hello-shell.ts').line())
    const result = await hello.run([], { input: 'id -u; exit 3\n', env: NO_CACHE })
    expect(result).toMatchObject({ stdout: '65534\n', stderr: '', code: 3 })
  })

  test('nor by skdocker, as long as it only has to look', needed, async () => {
    const skdocker = (...args: string[]) => as(NOBODY, program('skdocker/main.ts').line(args)).run([], home)
    expect(await skdocker('ps', '-a')).toMatchObject({
      stdout: expect.stringMatching(/^ID .*\n$/),
      stderr: '',
      code: 0,
    })
    expect(await skdocker('run', '--explain', 'busybox', '/bin/true')).toMatchObject({
      stdout: expect.stringMatching(/^child +pivot_root\(.* → 07-unionfs$/m),
      stderr: '',
      code: 0,
    })
    expect(await skdocker('images')).toMatchObject({
      stdout: expect.stringMatching(/^busybox /m),
      stderr: '',
      code: 0,
    })
  })
})

test('root without its rights is told so', ours(needed), async () => {
  const result = await as(POWERLESS, program('04-allns/main.ts').line(never)).run()
  expect(result).toMatchObject(oneLine('this root may not: .*--privileged'))
})
