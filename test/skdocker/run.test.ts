import { mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { groupIn, groupPath, hasGroup } from '../chapters/05-cgroup-groups.ts'
import { busy, expectShares } from '../chapters/05-cgroup-share.ts'
import {
  command,
  descendants,
  eventually,
  hostShell,
  hostUnchanged,
  initOf,
  mountinfo,
  namespaces,
  needs,
  openDescriptors,
  program,
  quoted,
  readProcess,
  scaled,
  signals,
  sleep,
  status,
  temporaryDirectory,
  world,
} from '../harness/index.ts'
import {
  cgroupsOf,
  complaint,
  groups,
  isVolatile,
  machine,
  needsSkdocker,
  needsTerminal,
  newHome,
  onMachine,
  RESOLV_CONF,
  Skdocker,
  script,
} from './little-host.ts'

const skdocker = new Skdocker(newHome())
const run = ['run', '--rm', '--network', 'none']
const inside = (text: string) => skdocker.run([...run, 'busybox', ...script(text)])

/** A host on which no hierarchy is mounted. */
const withoutCgroups = world(
  'no cgroups',
  ['mount', 'net'],
  'ip link set lo up; mount -t tmpfs none /sys/fs/cgroup',
)

hostUnchanged(machine)

describe('exit and errors', needsSkdocker, () => {
  test('the exit code tells what became of the command (rows 1, 3, 4, 6)', async () => {
    const [own, missing, directory, file, bad] = await Promise.all([
      inside('exit 42'),
      skdocker.run([...run, 'busybox', 'nope']),
      skdocker.run([...run, 'busybox', '/etc']),
      skdocker.run([...run, 'busybox', '/etc/passwd']),
      inside('printf "#!/nowhere\\n" >/x; chmod +x /x; exec /x'),
    ])
    expect(own.code).toBe(42)
    expect(complaint(missing)).toMatch(/^127 skdocker: nope: command not found/)
    expect(complaint(directory)).toMatch(/^126 skdocker: \/etc: EACCES/)
    expect(complaint(file)).toMatch(/^126 skdocker: \/etc\/passwd: EACCES/)
    expect(bad.code).toBeGreaterThan(0)
    expect(skdocker.files().containers).toEqual([])
  })

  const WRONG: [string[], RegExp][] = [
    [
      ['run', 'nope'],
      /^125 skdocker: no image nope: .*images\/nope\.tar does not exist; there are: busybox, hello$/,
    ],
    [['run', '../x'], /^125 skdocker: "..\/x" is no name of an image/],
    [['run', '--nope', 'busybox'], /^125 skdocker: Unknown option '--nope'; see --help$/],
    [['run', '-e', '=x', 'busybox'], /^125 skdocker: --env "=x": a variable is written NAME=VALUE$/],
    [['run', '-w', 'x', 'busybox'], /^125 skdocker: --workdir "x": it takes an absolute path/],
    [['run', '-w', '/a/../b', 'busybox'], /^125 skdocker: --workdir/],
    [['run', '--hostname', 'a b', 'busybox'], /^125 skdocker: --hostname "a b"/],
    [['run', '--memory', '0', 'busybox'], /^125 skdocker: --memory "0"/],
    [['run', '-w', '/etc/passwd/x', 'busybox', 'echo', 'ran'], /^125 skdocker: openat2\(.*: ENOTDIR/],
    [['rum'], /^125 skdocker: there is no command "rum": is run meant\?$/],
    [['frobnicate'], /^125 skdocker: there is no command "frobnicate": there are run, exec, ps, /],
    [['toString'], /^125 skdocker: there is no command "toString"/],
  ]

  test('what is wrong is told in one line, nothing stays, and no command runs (rows 5, 7, 8)', async () => {
    const all = await Promise.all(WRONG.map(async ([args]) => complaint(await skdocker.run(args))))
    for (const [index, [args, expected]] of WRONG.entries()) expect(all[index], args.join(' ')).toMatch(expected)
    expect(skdocker.files().containers).toEqual([])
  })

  test('--help lists the commands, and each has its own', async () => {
    const [all, one] = await Promise.all([skdocker.out('--help'), skdocker.out('run', '--help')])
    const names = [...all.matchAll(/^ {2}(\w+) +\S/gm)].map(([, name]) => name)
    expect(names).toEqual(['run', 'exec', 'ps', 'stop', 'rm', 'logs', 'images', 'rmi', 'inspect', 'commit'])
    expect(one).toMatch(
      /^usage: skdocker run \[option\.\.\.\] <image> \[command\] \[argument\.\.\.\]\n\n {2}-d, --detach +\w/,
    )
    expect(one).toMatch(
      /\n\nWithout a command the container runs its image's: cmd in images\/NAME\.json, or else \/bin\/sh\.$/,
    )
    // In each help a letter stands by the option that it means.
    const letters = [
      '-e, --env',
      '-w, --workdir',
      '-h, --hostname',
      '-m, --memory',
      '-i, --interactive',
      '-t, --tty',
    ]
    for (const each of letters) expect(one).toContain(`  ${each} `)
    expect(one).toMatch(/^ {6}--help /m)
    expect(await skdocker.out('exec', '--help')).toMatch(/^ {2}-h, --help /m)
  })

  test('-i and -t are taken, and mean what happens anyway', async () => {
    const [both, apart, detached] = await Promise.all([
      skdocker.run(['run', '-it', '--rm', 'busybox', 'cat'], { input: 'typed' }),
      skdocker.run(['run', '-i', '-t', '--rm', 'busybox', 'cat'], { input: 'typed' }),
      skdocker.out('run', '-dit', '--name', 'habit', 'busybox', 'sleep', '1000'),
    ])
    for (const { code, stdout, stderr } of [both, apart])
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'typed', stderr: '' })
    const joined = await skdocker.run(['exec', '-it', detached, 'cat'], { input: 'typed' })
    expect(joined).toMatchObject({ code: 0, stdout: 'typed', stderr: '' })
    await skdocker.out('rm', '-f', 'habit')
  })

  test('output that is lost is an error, in one line', async () => {
    const lines = [['ps'], ['images'], ['--help'], ['run', '--help'], ['run', '--explain', 'busybox']]
    for (const args of lines) {
      const full = await command('sh', '-c', `${skdocker.line(args)} >/dev/full`)
        .on(machine)
        .run([], { env: { SKDOCKER_HOME: skdocker.home } })
      expect(complaint(full), args.join(' ')).toMatch(
        /^125 skdocker: stdout: ENOSPC.*: the output is not complete$/,
      )
    }
  })

  test('a working directory that is gone is no mistake of skdocker', async () => {
    const gone = `mkdir gone; cd gone; rmdir ../gone; exec`
    const run = (home: string, args: string[]) =>
      command('sh', '-c', `${gone} ${skdocker.line(args)}`)
        .on(machine)
        .run([], { cwd: temporaryDirectory(), env: { SKDOCKER_HOME: home } })
    expect(await run(skdocker.home, ['run', '--rm', 'busybox', 'pwd'])).toMatchObject({ code: 0, stdout: '/\n' })
    expect(complaint(await run('relative', ['ps']))).toMatch(/^125 skdocker: ENOENT: .*cwd/)
  })
})

describe('signals', needsSkdocker, () => {
  test("what a script's & has its commands ignore is not ignored inside (row 13)", async () => {
    const show = 'grep -E SigBlk|SigIgn|SigCgt /proc/self/status'
    const script = `
      ${skdocker.line(['run', '-d', '--name', 'ignoring', 'busybox', 'sleep', '1000'])} >/dev/null & wait
      ${skdocker.line(['exec', 'ignoring'])} ${quoted(show.split(' '))} & wait
      ${skdocker.line(['run', '--rm', 'busybox'])} ${quoted(show.split(' '))} & wait
      ${program('07-unionfs/main.ts').line(['run', '--network', 'none', 'busybox'])} ${quoted(show.split(' '))} & wait`
    const env = { SKDOCKER_HOME: skdocker.home }
    const { stdout } = await command('sh', '-c', script)
      .on(machine)
      .run([], { env, timeout: scaled(60_000) })
    expect(stdout.match(/^Sig\w+:\t(?!0{16}$).*$/gm)).toBe(null)
    expect(stdout.match(/^Sig/gm)).toHaveLength(9)
    const { ignoring } = await skdocker.containers()
    expect(signals(ignoring!.init!.pid)).toEqual({ blocked: [], ignored: [], caught: [] })
    await skdocker.out('rm', '-f', 'ignoring')
  })

  test('Ctrl-C at any moment before the command has a handler ends with 130', {
    timeout: scaled(120_000),
  }, async () => {
    const text = "trap 'exit 130' INT; while :; do sleep 0.02; done"
    for (const moment of [100, 200, 250, 300, 350, 400, 450, 500, 600].map(scaled)) {
      const live = await skdocker.start(['run', '--rm', 'busybox', ...script(text)])
      const end = live.exit(scaled(20_000))
      let hasEnded = false
      void end.then(() => (hasEnded = true))
      await sleep(moment)
      // The terminal sends it to the whole job, and impatient people press it again.
      while (!hasEnded) {
        process.kill(-live.pid, 'SIGINT')
        await sleep(100)
      }
      const { code, signal } = await end
      expect(signal ?? code, `after ${moment} ms`).toBe(signal ? 'SIGINT' : 130)
    }
    expect(skdocker.files().containers).toEqual([])
  })

  test('killed from outside is 137; SIGTERM and SIGHUP of its starter reach init (rows 2 and 10)', async () => {
    const trap = [
      'busybox',
      ...script("trap 'exit 7' TERM; trap 'exit 8' HUP; echo started; while :; do sleep 0.1; done"),
    ]
    const start = async () => {
      const live = await skdocker.start([...run, ...trap])
      await live.stdout.waitFor('started')
      return live
    }
    const [killed, term, hup] = await Promise.all([start(), start(), start()])
    process.kill(await initOf(killed), 'SIGKILL')
    term.kill('SIGTERM')
    hup.kill('SIGHUP')
    expect((await killed.exit()).code).toBe(137)
    expect((await term.exit()).code).toBe(7)
    expect((await hup.exit()).code).toBe(8)
  })
})

describe('orphans and zombies (row 12)', needsSkdocker, () => {
  test('no process of a container, dead or alive, outlasts it; a shell waits for orphans, and so is a good init', async () => {
    // The second sleep has nobody for a parent but init.
    const text = 'sleep 1000 & (sleep 0 &); sleep 0.5; grep "^State:.Z" /proc/[0-9]*/status; echo looked; read line'
    const live = await skdocker.start([...run, 'busybox', ...script(text)])
    await live.stdout.waitFor('looked')
    const all = descendants(live.pid)
    expect(all.map(({ comm }) => comm)).toContain('sleep')
    live.endInput()
    expect((await live.exit()).stdout).toBe('looked\n')
    expect(all.flatMap(({ pid }) => readProcess(pid) ?? [])).toEqual([])
  })
})

describe('streams', needsSkdocker, () => {
  test('input and its end arrive, and 64 MiB of output, and a broken pipe is quiet (rows 13, 17)', async () => {
    const text = 'yes | head -1; cat; head -c 67108864 /dev/zero'
    const { bytes, code, stderr } = await skdocker.run([...run, 'busybox', ...script(text)], { input: 'hello\n' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(bytes.subarray(0, 8).toString()).toBe('y\nhello\n')
    expect(bytes.length).toBe(8 + 2 ** 26)
  })
})

describe('terminal', needsTerminal, () => {
  test('it has a name, its size, job control, and its kind in the environment (row 18)', async () => {
    const terminal = await skdocker.terminal([...run, 'busybox'], { cols: 91, rows: 23 })
    await terminal.expectPrompt(/^\/ # /m)
    expect(await terminal.ask('tty; readlink /proc/self/fd/0')).toBe('/dev/console\n/dev/console')
    expect(await terminal.ask('stty size')).toBe('23 91')
    expect(await terminal.ask('echo $TERM')).toBe('xterm')
    terminal.enter('sleep 1000')
    await sleep(200)
    terminal.type('\x03')
    await terminal.waitFor('/ # ')
    expect(await terminal.ask('echo $?')).toBe('130')
    terminal.enter('exit 3')
    expect(await terminal.exit()).toEqual({ code: 3, signal: null })
  })

  test('without one there is none; the modes are those of before, after an end and after a kill (rows 14, 18 and 19)', async () => {
    expect((await inside('tty; test -e /dev/console || echo none; echo "$TERM"')).stdout).toBe(
      'not a tty\nnone\n\n',
    )
    const shell = await hostShell({ world: machine, env: { SKDOCKER_HOME: skdocker.home } })
    const [before, tty] = [await shell.ask('stty -g'), await shell.ask('tty')]
    await shell.ask('ulimit -Sn 256')
    expect(await shell.ask(skdocker.line([...run, 'busybox', ...script('ulimit -Sn')]))).toBe('256')
    shell.enter(skdocker.line([...run, 'busybox', ...script('stty raw -echo; echo started; exec cat')]))
    await shell.waitFor(/^started/m)
    process.kill(await initOf(shell), 'SIGKILL')
    await shell.waitFor('host$ ')
    expect(await shell.ask('stty -g')).toBe(before)
    shell.enter(skdocker.line([...run, 'busybox', ...script('stty raw -echo; echo again; exec cat')]))
    await shell.waitFor(/^again/m)
    const init = await initOf(shell)
    const starter = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${init}/status`, 'utf8'))![1])
    process.kill(starter, 'SIGKILL')
    await shell.waitFor('host$ ')
    // The shell may be quicker than who puts them back; a line typed before would have no end.
    await eventually('the modes', async () => {
      const { stdout } = await command('stty', '-F', tty, '-g').run()
      return stdout.trim() === before || undefined
    })
    expect(await shell.ask('stty -g')).toBe(before)
    await skdocker.out('ps')
  })
})

describe('inside', needsSkdocker, () => {
  test('what the kernel says of init (rows 9, 13, 15, 20, 21, 22, 28, 30)', needs('ipcmk', 'ipcrm'), async () => {
    const live = await skdocker.start(
      ['run', '--rm', '--name', 'seen', 'busybox', ...script('echo started; exec cat')],
      {
        setup: 'exec 7</dev/null 8</etc/passwd',
      },
    )
    await live.stdout.waitFor('started')
    const init = await initOf(live)
    // A shell has handlers of its own.
    await eventually('cat', () => readProcess(init)?.comm === 'cat' || undefined, { program: live })
    expect(status(init)).toMatchObject({ PPid: String(live.pid), NSpid: expect.stringMatching(/\t1$/) })
    expect(signals(init)).toEqual({ blocked: [], ignored: [], caught: [] })
    expect(openDescriptors(init).map(({ fd }) => fd)).toEqual([0, 1, 2])
    expect(readlinkSync(`/proc/${init}/cwd`)).toBe('/')
    const [own, others] = [namespaces(init), namespaces(await machine.pid())]
    for (const type of ['mnt', 'uts', 'pid', 'net', 'ipc'] as const) expect(own[type]).not.toBe(others[type])
    for (const type of ['user', 'cgroup'] as const) expect(own[type]).toBe(others[type])
    const mounts = mountinfo(init).map(({ mountPoint, type }) => `${mountPoint} ${type}`)
    const files = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']
    expect(mounts.filter(mount => !files.includes(mount.split(' ')[0]!))).toEqual([
      '/ overlay',
      '/proc proc',
      '/dev tmpfs',
      '/dev/pts devpts',
      '/dev/shm tmpfs',
      '/sys sysfs',
    ])
    expect(mounts).toHaveLength(9)
    const { id } = (await skdocker.containers()).seen!
    expect(isVolatile(skdocker.home, id)).toBe(true)
    expect(cgroupsOf(init)).toContain(`/skdocker/${id}\n`)
    const queues = (text: string): number => text.trim().split('\n').length - 1
    const before = readFileSync('/proc/sysvipc/msg', 'utf8')
    await onMachine(`nsenter --target ${init} --ipc ipcmk --queue`)
    const mine = /\d+/.exec(await onMachine('ipcmk --queue'))![0]
    try {
      expect(queues(await skdocker.out('exec', 'seen', 'cat', '/proc/sysvipc/msg')), 'row 30').toBe(1)
      expect(queues(readFileSync('/proc/sysvipc/msg', 'utf8')), 'row 30').toBe(queues(before) + 1)
    } finally {
      await onMachine(`ipcrm --queue-id ${mine}`)
    }
    live.endInput()
    expect((await live.exit()).code).toBe(0)
    expect(groups()).not.toContain(id)
  })

  test('/.. is /, only its own processes, its own name, and no more than it needs in the environment (rows 20, 21, 29)', async () => {
    const text = `ls -id / /.. /../.. | cut -c1-20 | sort -u | sed 's| .*||' | sort -u | wc -l
      pwd; ls -d /proc/[0-9]*; hostname; hostname other; hostname; cat /etc/hostname; cat /etc/resolv.conf; cat /etc/hosts
      echo --; env | sort; echo --; id -u; umask; cat /proc/sys/kernel/random/boot_id >/dev/full`
    const args = [
      '-e',
      'B=with = and "quotes"',
      '-e',
      'SECRET',
      '-e',
      'UNSET',
      '-w',
      '/a/new/place',
      '--hostname',
      'duck',
    ]
    const { stdout, stderr } = await skdocker.run([...run, ...args, 'busybox', ...script(text)], {
      env: { SECRET: 'x', OTHER: 'y', UNSET: undefined },
    })
    const [seen, environment, rest] = stdout.split('--\n')
    expect(seen!.split('\n').slice(1)).toEqual([
      '/a/new/place',
      '/proc/1',
      'duck',
      'other',
      'duck',
      ...RESOLV_CONF.trim().split('\n'),
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost',
      '127.0.1.1\tduck',
      '',
    ])
    expect(seen).toMatch(/^1\n/)
    expect(environment!.trim().split('\n')).toEqual([
      'B=with = and "quotes"',
      'HOME=/root',
      'HOSTNAME=duck',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'PWD=/a/new/place',
      'SECRET=x',
      'SHLVL=1',
    ])
    expect(rest).toBe('0\n0022\n')
    expect(stderr).toContain('No space left on device')
    expect(await onMachine('hostname')).not.toBe('other')
  })
})

describe('resources', needsSkdocker, () => {
  test('limits are in force from the first instruction, 2048 processes without --pids, and leave no group (rows 31, 32, 34, 35)', async () => {
    const args = ['--rm', '--network', 'none', '--name', 'limited', '--cpus', '0.3', '--memory', '64m']
    const text = `cat /proc/self/cgroup; ${busy(2).at(-1)}`
    const live = await skdocker.start(['run', ...args, 'busybox', ...script(text)])
    const { input: first } = await live.stdout.waitFor('busy')
    const [{ id, limitsInForce, processes }] = JSON.parse(await skdocker.out('inspect', 'limited'))
    for (const controller of ['cpu', 'memory', 'pids']) {
      expect(groupIn(first.split('busy')[0]!, controller)).toBe(`/skdocker/${id}`)
      mkdirSync(join(groupPath(controller, id), 'below'), { recursive: true })
    }
    expect(limitsInForce).toEqual({ cpus: 0.3, memory: 2 ** 26, pids: 2048 })
    expect(processes).toContain(await initOf(live))
    await expectShares({ name: id, limit: 30 })
    live.endInput()
    await live.exit()
    expect(hasGroup(id)).toBe(false)
  })

  test('where there is no controller a container runs without limits, but not with one that nobody would keep (row 34)', async () => {
    const bare = new Skdocker(skdocker.home, withoutCgroups)
    const [without, limited] = await Promise.all([
      bare.run([...run, 'busybox', 'echo', 'ran']),
      bare.run([...run, '--memory', '64m', 'busybox', 'echo', 'ran']),
    ])
    expect(without).toMatchObject({ code: 0, stdout: 'ran\n', stderr: '' })
    expect(complaint(limited)).toMatch(/^125 skdocker: no cgroup hierarchy here carries the controller memory: /)
  })

  test('out of memory is 137 and a line, and a fork bomb is stopped (rows 33, 35)', async () => {
    const [memory, bomb] = await Promise.all([
      skdocker.run([
        ...run,
        '--memory',
        '16m',
        'busybox',
        'dd',
        'if=/dev/zero',
        'of=/dev/null',
        'bs=64M',
        'count=1',
      ]),
      skdocker.run([
        ...run,
        '--pids',
        '10',
        'busybox',
        ...script('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done; wait'),
      ]),
    ])
    expect(memory.code).toBe(137)
    expect(memory.stderr).toMatch(/^skdocker: out of memory: /)
    expect(bomb.stderr).toContain("can't fork")
    expect(skdocker.files().containers).toEqual([])
  })
})
