import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  hostShell,
  hostUnchanged,
  initOf,
  isAlive,
  mountinfo,
  namespaces,
  openDescriptors,
  processes,
  readProcess,
  scaled,
  signals,
  sleep,
  type Terminal,
} from '../harness/index.ts'
import {
  cgroupsOf,
  complaint,
  isVolatile,
  machine,
  needsTerminal,
  newHome,
  Skdocker,
  script,
} from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']))

/** The init of the container that all of these join. */
let init = 0

const isInside = (pid: number): boolean => {
  try {
    return namespaces(pid).pid === namespaces(init).pid
  } catch {
    return false // it has ended
  }
}

/** Whether the init of this machine waits for orphans: as process 1 of somebody's container it may not. */
const hostReaps = async (): Promise<boolean> => {
  const orphan = Number((await command('sh', '-c', 'sleep 0 >/dev/null & echo $!').run()).stdout)
  const isGone = () => readProcess(orphan) === undefined || undefined
  return (await eventually('the end of an orphan', isGone, { timeout: scaled(2000) }).catch(() => false)) === true
}

const terminals = (): string[] =>
  mountinfo(init)
    .map(({ mountPoint }) => mountPoint)
    .filter(path => /^\/dev\/pts./.test(path))

describe('exec in a running container', needsTerminal, () => {
  beforeAll(async () => {
    // A command that waits for nobody's children.
    await skdocker.out('run', '-d', '--name', 'one', '-e', 'A=b', '-w', '/var', 'busybox', 'sleep', '10000')
    init = (await skdocker.containers()).one!.init!.pid
  })

  afterAll(async () => {
    const shim = readProcess(init)!.ppid
    await skdocker.out('rm', '-f', 'one')
    await eventually('the end of the shim', () => !isAlive(shim) || undefined)
  })

  hostUnchanged(machine)

  test('what the kernel says of it, its input, output and exit code (rows 1, 3, 13, 15, 17, 28, 31, 45)', async () => {
    const [live, own, missing] = await Promise.all([
      skdocker.start(['exec', 'one', ...script('pwd; echo $A; exec cat')], { setup: 'exec 7</dev/null' }),
      skdocker.run(['exec', 'one', ...script('exit 42')]),
      skdocker.run(['exec', 'one', 'nope']),
    ])
    expect(own).toMatchObject({ code: 42, stdout: '', stderr: '' })
    expect(complaint(missing)).toMatch(/^127 skdocker: nope: command not found/)
    await live.stdout.waitFor('/var\nb\n')
    const pid = await initOf(live)
    // What stays has to be on the disk in the end.
    expect(isVolatile(skdocker.home, (await skdocker.containers()).one!.id)).toBe(false)
    for (const kind of ['mnt', 'uts', 'ipc', 'net', 'pid', 'user', 'cgroup'] as const)
      expect(namespaces(pid)[kind]).toBe(namespaces(init)[kind])
    expect(cgroupsOf(pid)).toBe(cgroupsOf(init))
    await eventually('cat', () => readProcess(pid)?.comm === 'cat' || undefined, { program: live })
    expect(signals(pid)).toEqual({ blocked: [], ignored: [], caught: [] })
    expect(openDescriptors(pid).map(({ fd }) => fd)).toEqual([0, 1, 2])
    live.write('through\n')
    live.endInput()
    expect(await live.exit()).toMatchObject({ code: 0, stdout: '/var\nb\nthrough\n', stderr: '' })
  })

  test('SIGTERM reaches it, a kill is 137, and nobody of it is left to init (rows 2, 10, 12)', async () => {
    const start = async (text: string) => {
      const live = await skdocker.start(['exec', 'one', ...script(text)])
      await live.stdout.waitFor('started')
      return { live, pid: await initOf(live) }
    }
    const [told, killed] = await Promise.all([
      start("trap 'exit 7' TERM; echo started; while :; do sleep 0.1; done"),
      start('echo started; exec sleep 2000'),
    ])
    told.live.kill('SIGTERM')
    process.kill(killed.pid, 'SIGKILL')
    expect((await told.live.exit()).code).toBe(7)
    expect((await killed.live.exit()).code).toBe(137)
    expect([told.pid, killed.pid].map(readProcess)).toEqual([undefined, undefined])
    expect(processes().filter(({ pid }) => isInside(pid))).toMatchObject([{ pid: init }])
  })

  // It is then the host's init's child. One that does not wait for it keeps it, and the container with it.
  test('it dies with its starter (row 11)', async () => {
    if (!(await hostReaps())) return
    const live = await skdocker.start(['exec', 'one', ...script('echo started; exec sleep 3000')])
    await live.stdout.waitFor('started')
    const pid = await initOf(live)
    live.kill('SIGKILL')
    await eventually('its end', () => readProcess(pid) === undefined || undefined)
  })

  const enter = async (shell: Terminal): Promise<void> => {
    shell.enter(skdocker.line(['exec', 'one', '/bin/sh']))
    await shell.expectPrompt(/^\/var # /m)
  }

  test('a terminal has a name inside, one for each, its size, and jobs, and is as before in the end (rows 18, 19)', async () => {
    const options = { world: machine, env: { SKDOCKER_HOME: skdocker.home } }
    const [one, other] = await Promise.all([hostShell({ ...options, cols: 91, rows: 23 }), hostShell(options)])
    const before = await one.ask('stty -g')
    await Promise.all([enter(one), enter(other)])
    const names = [await one.ask('tty'), await other.ask('tty')]
    expect(names[0]).toMatch(/^\/dev\/pts\d+$/)
    expect(terminals().sort()).toEqual(names.toSorted())
    expect(await one.ask('readlink /proc/self/fd/0')).toBe(names[0])
    expect(await one.ask('echo hello >$(tty)')).toBe('hello')
    other.enter(`echo from the other >${names[0]}`)
    await one.waitFor('from the other\n')
    await other.waitFor(/^\/var # /m)
    expect(await one.ask('stty size; echo $TERM')).toBe('23 91\nxterm')
    one.resize(80, 25)
    expect(await one.ask('stty size')).toBe('25 80')
    one.enter('sleep 1000')
    await sleep(200)
    one.type('\x03')
    await one.expectPrompt(/^\/var # /m)
    expect(await one.ask('echo $?')).toBe('130')
    one.enter('stty -echo; exit 5')
    await one.expectPrompt(/^host\$ /m)
    expect(await one.ask('echo $?')).toBe('5')
    expect(await one.ask('stty -g')).toBe(before)
    expect(terminals()).toEqual([names[1]])
    expect(await other.ask('tty; ls /dev/pts?*')).toBe(`${names[1]}\n${names[1]}`)
    other.enter('exit')
    await other.expectPrompt(/^host\$ /m)
    expect(terminals()).toEqual([])
  })

  test('where input is a terminal and output is none, each stays what it is (row 18)', async () => {
    const shell = await hostShell({ world: machine, env: { SKDOCKER_HOME: skdocker.home } })
    const look = 'tty; for fd in 0 1 2; do if [ -t $fd ]; then echo $fd; fi; done; ls /proc/self/fd'
    const line = skdocker.line(['exec', 'one', ...script(look)])
    expect(await shell.ask(`${line} | cat`)).toMatch(/^\/dev\/pts\d+\n0\n2\n0\n1\n2\n3$/)
    expect(await shell.ask(`${line} </dev/null | cat`)).toBe('not a tty\n2\n0\n1\n2\n3')
  })
})
