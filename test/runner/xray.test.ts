import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { svgFault } from '../../runner/check/svg-fault.ts'
import { type Facts, facts } from '../../runner/xray/facts.ts'
import {
  command,
  commandOf,
  eventually,
  hostUnchanged,
  initOf,
  type LiveProcess,
  needs,
  program,
  scaled,
  shellWords,
  temporaryDirectory,
} from '../harness/index.ts'
import { machine, needsSkdocker, newHome, Skdocker, script } from '../skdocker/little-host.ts'
import { oneLine, requireSuccess, runner } from './runner.ts'

hostUnchanged(machine)

const FIVE = ['mnt', 'pid', 'net', 'uts', 'ipc']

const patient = { timeout: scaled(60_000) }

/** The facts about what a program has started. */
const look = async (pid: number, on = runner): Promise<Facts> =>
  JSON.parse(requireSuccess(await on.run(['xray', String(pid), '--json'], patient)))

const draw = async (...args: string[]): Promise<string> =>
  requireSuccess(await runner.run(['xray', ...args], patient))

const end = async (live: LiveProcess): Promise<void> => {
  live.endInput()
  await live.exit()
}

describe('a container of chapter 04', needs('root', 'busybox', 'ip'), () => {
  const start = (): Promise<LiveProcess> =>
    program('04-allns/main.ts').start(['busybox', ...script('sleep 60 & read line')])

  test('has five namespaces and a root of its own, and pids outside and inside', patient, async () => {
    const starter = await start()
    const init = await initOf(starter)
    const { containers } = await look(starter.pid)
    expect(containers).toEqual([
      expect.objectContaining({
        pid: init,
        own: FIVE,
        root: { path: expect.stringMatching(/\/busybox$/), isOwn: true },
        starter: { pid: starter.pid, command: expect.stringContaining('04-allns/main.ts') },
        cgroup: { paths: [], limits: {}, use: {} },
      }),
    ])
    const [{ processes, mounts } = { processes: [], mounts: [] }] = containers
    const children = [expect.objectContaining({ inside: [2], command: 'sleep 60' })]
    expect(processes).toEqual([expect.objectContaining({ pid: init, inside: [1], children })])
    expect(mounts.map(({ mountPoint }) => mountPoint)).toEqual(['/proc'])
    await end(starter)
  })

  test.each([
    ['en', 80, 'container'],
    ['zh', 100, '容器'],
  ])('is drawn in a box: %s, %d columns', patient, async (language, columns, word) => {
    const starter = await start()
    const init = await initOf(starter)
    const env = { COLUMNS: String(columns), NO_COLOR: '1', FORCE_COLOR: undefined }
    const { stdout } = await runner.run(['xray', String(init), '--lang', language], { env, ...patient })
    const [first = '', ...lines] = stdout.trimEnd().split('\n')
    expect(first).toMatch(new RegExp(`^╭─ ${word} ${init} ── mnt pid net uts ipc ─+╮$`))
    expect(first).toHaveLength(columns - (language === 'zh' ? 2 : 0)) // 容器 takes four columns
    expect(lines.at(-1)).toMatch(/^╰─+╯$/)
    expect(stdout).toContain(`${init} → 1  sh -c sleep 60 & read line`)
    expect(stdout).toMatch(/└ \d+ → 2 {2}sleep 60/)
    await end(starter)
  })

  test('a name that would speak to the terminal does not', patient, async () => {
    const text = ': "\x1b]0;title\x07"; read line'
    const starter = await program('04-allns/main.ts').start(['busybox', ...script(text)])
    const init = await initOf(starter)
    const { stdout } = await runner.run(['xray', String(init)], { env: { NO_COLOR: '1', FORCE_COLOR: undefined } })
    expect(stdout).toContain('?]0;title?')
    expect(stdout).not.toContain('\x1b')
    await end(starter)
  })

  test('comes and goes while one watches', patient, async () => {
    const shell = await command('sh').start()
    const watcher = await runner.start(['xray', String(shell.pid), '--watch', '--json'])
    await watcher.stdout.waitFor('\n')
    shell.write(`${program('04-allns/main.ts').line(['busybox', '/bin/cat'])}\n`)
    await watcher.stdout.waitFor(/"own":\["mnt","pid","net","uts","ipc"\][^\n]*\n/)
    shell.endInput()
    await shell.exit()
    // With the process below which it looks it ends, too.
    expect(requireSuccess(await watcher.exit())).toMatch(/^\{"host":\{[^\n]*\},"networks":\[\],"containers":\[\]/)
  })
})

test('a low window shows the beginning and how much is missing; Ctrl-C ends it', {
  ...patient,
  ...needs('root', 'busybox', 'pty'),
}, async () => {
  const starter = await program('04-allns/main.ts').start(['busybox', ...script('read line')])
  const init = await initOf(starter)
  const window = await runner.terminal(['xray', String(init), '--watch', '--lang', 'en'], { cols: 80, rows: 5 })
  await window.waitFor(/… \d+ more lines: make the window higher/)
  const shown = window.screen.text.trimEnd().split('\n')
  expect(shown.length).toBeLessThan(5)
  expect(shown[0]).toMatch(new RegExp(`^╭─ container ${init} ─`))
  window.type('\x03')
  expect(await window.exit()).toEqual({ code: null, signal: 'SIGINT' })
  await end(starter)
})

test('chapter 03 gives a process a root and no namespace', {
  ...patient,
  ...needs('root', 'busybox'),
}, async () => {
  const starter = await program('03-mount/main.ts').start(['busybox', ...script('read line')])
  const pid = await commandOf(starter)
  const { containers } = await look(starter.pid)
  expect(containers).toEqual([
    expect.objectContaining({ pid, own: [], root: expect.objectContaining({ isOwn: true }) }),
  ])
  expect(await draw(String(pid))).toContain(`─ process ${pid} ─`)
  await end(starter)
})

test('chapter 05 gives a container a cgroup: limits, and what is used of them', {
  ...patient,
  ...needs('root', 'busybox', 'cgroup:cpu', 'cgroup:memory', 'cgroup:pids'),
}, async () => {
  const limits = ['--cpus', '0.3', '--memory', '64m', '--pids', '20']
  const busy = script('(while :; do :; done) & read line; kill $!')
  const starter = await program('05-cgroup/main.ts').start([...limits, 'busybox', ...busy])
  await initOf(starter)
  const [container] = (await look(starter.pid)).containers
  expect(container!.cgroup.limits).toEqual({ cpus: 0.3, memory: 64 * 2 ** 20, pids: 20 })
  expect(container!.cgroup.use.pids).toBe(2)
  expect(container!.cgroup.use.memory).toBeGreaterThan(0)
  // On a busy machine it gets less, and a period of the scheduler may end in what is measured.
  expect(container!.cgroup.use.cpus).toBeGreaterThan(0.02)
  expect(container!.cgroup.use.cpus).toBeLessThan(0.65)
  for (const path of container!.cgroup.paths) expect(path).toMatch(/\/skdocker\/\d+$/)
  expect(await draw(String(starter.pid))).toMatch(/pids +█+░+ 2 of 20 /)
  await end(starter)
})

describe('on a little host', needsSkdocker, () => {
  const on = runner.on(machine)

  test('chapter 06 plugs a cable in, from an address to a bridge that translates', patient, async () => {
    const initNet = program('06-net/init-net.ts').on(machine)
    requireSuccess(await initNet.run([]))
    const starter = await program('06-net/main.ts')
      .on(machine)
      .start(['busybox', ...script('read line')])
    await initOf(starter)
    const { containers, networks } = await look(starter.pid, on)
    const inside = networks.find(({ namespace }) => namespace === containers[0]!.namespaces.net)
    const eth0 = inside?.devices.find(({ name }) => name === 'eth0')
    expect(eth0).toMatchObject({ kind: 'veth', addresses: ['172.16.0.2/16'], isUp: true })
    expect(inside?.gateway).toBe('172.16.0.1')
    const [host] = networks
    expect(eth0?.peer?.namespace).toBe(host?.namespace)
    const plugged = host?.devices.find(({ name }) => name === eth0?.peer?.device)
    expect(plugged).toMatchObject({ bridge: 'skdocker0', peer: { namespace: inside?.namespace, device: 'eth0' } })
    expect(host?.devices).toContainEqual(
      expect.objectContaining({ name: 'skdocker0', kind: 'bridge', addresses: ['172.16.0.1/16'] }),
    )
    expect(host?.translations.join()).toMatch(/172\.16\.0\.0\/16.*masquerade/i)
    const drawn = requireSuccess(await on.run(['xray', String(starter.pid)], patient))
    expect(drawn).toContain(`eth0 172.16.0.2/16 ━━ ${plugged!.name} ━━ skdocker0 172.16.0.1/16`)
    const file = join(temporaryDirectory(), 'picture.svg')
    requireSuccess(await on.run(['xray', String(starter.pid), '--svg', file], patient))
    const picture = readFileSync(file, 'utf8')
    expect(picture.match(/class="cable"/g)).toHaveLength(1)
    for (const word of ['eth0', '172.16.0.2/16', plugged!.name, 'skdocker0 172.16.0.1/16'])
      expect(picture.split(`>${word}<`)).toHaveLength(2)
    await end(starter)
    requireSuccess(await initNet.run(['--down']))
  })

  test('what counts as the host can be told', patient, async () => {
    const starter = await program('06-net/main.ts')
      .on(machine)
      .start(['--network', 'host', 'busybox', ...script('read line')])
    await initOf(starter)
    const own = async (host?: number) =>
      (await facts({ root: starter.pid, ...(host !== undefined && { host }) })).containers.find(({ own }) =>
        own.includes('pid'),
      )
    expect((await own(await machine.pid()))?.own).toEqual(['mnt', 'pid', 'uts', 'ipc'])
    const inHost = await facts({ root: starter.pid })
    expect(JSON.stringify(inHost.containers.map(each => each.own))).toContain('net')
    await end(starter)
  })

  test('skdocker gives a container layers, and one sees what it wrote; exec stands beside', patient, async () => {
    const skdocker = new Skdocker(newHome())
    const text = 'echo a >/new; rm /etc/group; echo b >>/etc/passwd; echo started; sleep 60'
    await skdocker.out('run', '-d', '--name', 'one', '--network', 'none', 'busybox', ...script(text))
    const guest = await skdocker.start(['exec', 'one', ...script('echo beside; read line')])
    await guest.stdout.waitFor('beside')
    const { one } = await skdocker.containers()
    const file = join(temporaryDirectory(), 'picture.svg')
    const env = { SKDOCKER_HOME: skdocker.home }
    const pid = String(one!.init!.pid)
    const { containers } = await eventually('what it writes', async () => {
      const { stdout } = await on.run(['xray', pid, '--json'], { env, ...patient })
      const found: Facts = JSON.parse(stdout)
      return found.containers[0]!.layers!.written.length >= 3 ? found : undefined
    })
    const [{ layers, processes } = { layers: undefined, processes: [] }] = containers
    expect(layers?.upper).toBe(join(skdocker.home, 'containers', one!.id, 'upper'))
    expect(layers?.lower).toEqual([expect.stringContaining(join(skdocker.home, 'images/.layers/'))])
    expect(layers?.written).toEqual(
      expect.arrayContaining([
        { path: '/new', what: 'new' },
        { path: '/etc/group', what: 'deleted' },
        { path: '/etc/passwd', what: 'changed' },
      ]),
    )
    expect(processes.map(({ inside }) => inside[0])).toEqual([1, expect.any(Number)])
    const drawn = requireSuccess(await on.run(['xray', pid, '--svg', file], { env, ...patient }))
    expect(drawn).toBe('')
    const picture = readFileSync(file, 'utf8')
    expect(svgFault(picture)).toBeUndefined()
    for (const word of [`container ${pid}`, '+ /new', '− /etc/group', ...FIVE])
      expect(picture).toContain(`>${word}<`)
    await end(guest)
    await skdocker.out('rm', '-f', 'one')
  })
})

describe('explain', needsSkdocker, () => {
  const on = runner.on(machine)
  const explain = async (pid: number, ...args: string[]): Promise<string[]> =>
    requireSuccess(await on.run(['explain', String(pid), ...args], patient))
      .split('\n')
      .filter(Boolean)

  /** Who does what and where it is explained, without what differs from one container to the next. */
  const keyOf = (line: string): string => {
    const [, who = '', call = '', chapter = ''] = /^(\w+) +(.*?) +→ (\S+)$/.exec(line) ?? []
    const [name = ''] = /^\w+/.exec(call) ?? []
    const [, target = ''] = /^mount\("[^"]*", "([^"]*)"/.exec(call) ?? []
    return [who, name, call.includes('"overlay"') ? 'overlay' : target, chapter].join(' ')
  }

  test('of a container of skdocker it tells what run --explain foretold, in that order', patient, async () => {
    const skdocker = new Skdocker(newHome())
    const options = ['--network', 'none', '--memory', '64m', 'busybox', '/bin/sleep', '60']
    const foretold = (await skdocker.out('run', '--explain', ...options)).split('\n').map(keyOf)
    await skdocker.out('run', '-d', '--name', 'one', ...options)
    const { one } = await skdocker.containers()
    const lines = await explain(one!.init!.pid)
    const told = lines.map(keyOf)
    let from = 0
    for (const key of told) {
      expect(foretold.slice(from)).toContain(key)
      from = foretold.indexOf(key, from) + 1
    }
    for (const call of ['clone', 'mount overlay', 'mount /proc', 'pivot_root', 'umount2', 'sethostname', 'execve'])
      expect(told.join('\n')).toContain(` ${call} `)
    expect(lines.join('\n')).toMatch(/memory\.(limit_in_bytes|max)", "67108864"\) +→ 05-cgroup/)
    expect(lines.at(-1)).toMatch(/^child {3}execve\("\/bin\/busybox", \["\/bin\/sleep","60"\], .* → 01-shell$/)
    await skdocker.out('rm', '-f', 'one')
  })

  test('of a container of chapter 04 it tells the calls of that chapter', patient, async () => {
    const starter = await program('04-allns/main.ts')
      .on(machine)
      .start(['busybox', ...script('read line')])
    const init = await initOf(starter)
    const calls = (await explain(init)).map(line => line.replace(/ +→ /, ' → '))
    expect(calls).toEqual([
      `parent  clone(child, CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWPID|CLONE_NEWNET|SIGCHLD) = ${init} → 04-allns`,
      'child   mount("none", "/", NULL, MS_REC|MS_PRIVATE, NULL) → 04-allns',
      expect.stringMatching(/^child {3}chroot\(".*\/busybox"\) → 02-chroot$/),
      'child   chdir("/") → 02-chroot',
      'child   mount("proc", "/proc", "proc", 0, NULL) → 03-mount',
      expect.stringMatching(/^child {3}execve\("\/bin\/busybox", \["\/bin\/sh","-c","read line"\], .* → 01-shell$/),
    ])
    await end(starter)
  })

  test(
    'a process like any other is cloned and executes its command; a user of its own is named',
    patient,
    async () => {
      const plain = await command('cat').on(machine).start()
      expect((await explain(plain.pid)).map(keyOf)).toEqual([
        'parent clone  01-shell',
        'child chdir  02-chroot',
        'child execve  01-shell',
      ])
      const other = await command('setpriv', '--reuid', '65534', 'cat').on(machine).start()
      await eventually(
        'another user',
        () => readFileSync(`/proc/${other.pid}/comm`, 'utf8') === 'cat\n' || undefined,
      )
      expect((await explain(other.pid)).at(-1)).toMatch(/no chapter explains: Uid\b/)
      expect((await explain(other.pid, '--lang', 'zh')).at(-1)).toContain('Uid')
      for (const each of [plain, other]) await end(each)
    },
  )
})

describe('nothing there', () => {
  test('a process like any other has nothing of its own', { ...patient, ...needs('root') }, async () => {
    const plain = await command('cat').start()
    expect(await draw(String(plain.pid))).toMatch(
      new RegExp(`^Process ${plain.pid} has no namespace and no root directory of\\s+its own`),
    )
    expect(await draw(String(plain.pid), '--lang', 'zh')).toContain(`进程 ${plain.pid} 没有自己的命名空间`)
    expect((await look(plain.pid)).containers).toEqual([])
    await end(plain)
  })

  test('a process that is not there, or is no pid, is refused', async () => {
    const gone = await command('true').start()
    await gone.exit()
    expect(await runner.run(['xray', String(gone.pid)])).toMatchObject(oneLine(125, /there is no process \d+/))
    expect(await runner.run(['xray', 'busybox'])).toMatchObject(oneLine(2, /named by its pid/))
  })

  test('a file that cannot be written is named', async () => {
    expect(await runner.run(['xray', String(process.pid), '--svg', '/nowhere/x.svg'])).toMatchObject(
      oneLine(125, /\/nowhere\/x\.svg cannot be written/),
    )
  })
})

test('without root one line says what cannot be seen', {
  ...patient,
  ...needs('root', 'busybox', 'setpriv'),
}, async () => {
  const READER = '-all,+dac_read_search'
  const nobody = [
    ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
    ...['--inh-caps', READER, '--ambient-caps', READER, '--bounding-set', READER],
  ]
  const env = { TSX_DISABLE_CACHE: '1', NODE_COMPILE_CACHE: undefined, NO_COLOR: '1', FORCE_COLOR: undefined }
  const { stdout, stderr, code } = await command(...nobody, ...shellWords(runner.line(['xray']))).run([], {
    env,
    ...patient,
  })
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(stdout.replace(/\n(?=.)/g, ' ')).toMatch(
    /Not seen: \d+ processes, networks \(only root may look there: run it again with sudo\)\n$/,
  )
})
