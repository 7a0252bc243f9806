import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verdict } from '../../runner/doctor/doctor-report.ts'
import type { Report } from '../../runner/doctor/examine-machine.ts'
import type { Finding } from '../../runner/doctor/finding.ts'
import { plainNode } from '../../runner/needs/plain-node.ts'
import { whyUnmet } from '../../runner/needs/probes.ts'
import {
  type Command,
  command,
  hostUnchanged,
  needs,
  repository,
  scaled,
  temporaryDirectory,
  world,
} from '../harness/index.ts'
import { newHome } from '../skdocker/little-host.ts'
import { runner } from './runner.ts'

/** A machine on which no control groups are mounted. */
const withoutGroups = world('a host without cgroups', ['mount'], 'umount -l /sys/fs/cgroup')

hostUnchanged(withoutGroups)

const home = newHome('home', ['busybox'])
const patient = { timeout: scaled(60_000) }

const examine = async (doctor: Command, env: Record<string, string> = {}) => {
  const { stdout, stderr, code } = await doctor.run(['doctor', '--json'], { env, timeout: scaled(50_000) })
  if (stderr !== '') throw new Error(stderr)
  const report: Report = JSON.parse(stdout)
  const find = (id: string): Finding => {
    const found = report.findings.find(finding => finding.id === id)
    if (found) return found
    throw new Error(`there is no finding ${id}: ${stdout}`)
  }
  const lacks = (chapter: number): readonly string[] =>
    report.chapters.find(({ number }) => number === chapter)!.lacks
  return { report, find, code, lacks, runs: (chapter: number) => lacks(chapter).length === 0 }
}

/** Run as somebody else, who may still read everything. */
const as = (...setpriv: string[]): Command => {
  const [node = '', ...rest] = [process.execPath, '--import', 'tsx', join(repository, 'runner.ts')]
  return command('setpriv', ...setpriv, node, ...rest)
}

describe('as root', needs('root', 'busybox', 'pty'), () => {
  test('the report says of this machine what the kernel says', patient, async () => {
    const { report, find, code } = await examine(runner)
    expect(report.root).toBe(true)
    expect(find('kernel').found).toBe(`Linux ${release()}`)
    const { stdout: version } = await command(plainNode() ?? process.execPath, '-p', 'process.versions.node').run()
    expect(find('node').found).toBe(version.trim())
    expect(find('pty').state).toBe('ok')
    for (const kind of ['uts', 'pid', 'mnt', 'net', 'ipc'])
      expect(find(`namespace.${kind}`).state).toBe(existsSync(`/proc/self/ns/${kind}`) ? 'ok' : 'missing')
    for (const controller of ['cpu', 'memory', 'pids'])
      expect(find(`cgroup.${controller}`).state).toBe(whyUnmet(`cgroup:${controller}`) ? 'missing' : 'ok')
    expect(find('forward.now').found).toMatch(
      readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() === '1' ? /^on$/ : /^off/,
    )
    expect(code).toBe(report.ok ? 0 : 1)
    expect(report.ok).toBe(report.chapters.every(({ runs }) => runs))
    expect(report.chapters.map(({ name }) => name)).toContain('04-allns')
  })

  test('what is in the way of a chapter has a cure', patient, async () => {
    const { find, runs, lacks, code } = await examine(runner.on(withoutGroups))
    for (const controller of ['cpu', 'memory', 'pids'])
      expect(find(`cgroup.${controller}`)).toMatchObject({
        state: 'missing',
        cure: expect.stringContaining('mount'),
      })
    expect(find('cgroup').found).toBe('none is mounted')
    expect([4, 5, 6].map(runs)).toEqual([true, false, true])
    expect(lacks(5)).toEqual(['cgroup.cpu', 'cgroup.memory', 'cgroup.pids'])
    expect(code).toBe(1)
  })

  test('tools that are not on PATH are missed', patient, async () => {
    const { find, runs } = await examine(runner, { PATH: '/nowhere' })
    // setup looks in the sbin directories, too, where a user's PATH often does not lead.
    expect(find('veth')).toMatchObject({ state: 'unknown', found: expect.stringContaining('no ip on PATH') })
    expect(find('nat')).toMatchObject({ state: 'missing', found: expect.stringContaining('iptables') })
    expect([5, 6, 7].map(runs)).toEqual([true, false, false])
  })

  test('a packet is sent, and tells when rules were made that do nothing', {
    ...patient,
    ...needs('nft', 'ip'),
  }, async () => {
    expect((await examine(runner)).find('packet').state).toBe('ok')
    const PATH = temporaryDirectory()
    const { stdout } = await command('sh', '-c', 'command -v sh; command -v ip').run()
    for (const path of stdout.trim().split('\n')) symlinkSync(path, join(PATH, basename(path)))
    symlinkSync(plainNode() ?? process.execPath, join(PATH, 'node'))
    writeFileSync(join(PATH, 'nft'), '#!/bin/sh\n', { mode: 0o755 })
    const { find } = await examine(runner, { PATH })
    expect(find('nat')).toMatchObject({ state: 'ok', found: 'with nft' })
    expect(find('packet')).toMatchObject({
      state: 'missing',
      found: 'what one namespace sent to another was lost on the way',
      chapters: expect.arrayContaining([6, 7]),
    })
  })

  test('a firewall of somebody else that drops is named, and the cure cures', {
    ...patient,
    ...needs('nft'),
  }, async () => {
    const guarded = world(
      'a guarded host',
      ['net'],
      "nft 'table inet guard { chain gate { type filter hook forward priority 0; policy drop; }; }'",
    )
    const before = (await examine(runner.on(guarded))).find('firewalls')
    expect(before).toMatchObject({
      state: 'missing',
      found: expect.stringContaining("the chain gate of nft's table inet guard drops"),
    })
    const [, cure = ''] = /^let containers through with "(.*)"$/.exec(before.cure ?? '') ?? []
    await command('sh', '-ec', cure).on(guarded).run()
    expect((await examine(runner.on(guarded))).find('firewalls').state).toBe('ok')
  })

  test('text names the same, and says what the chapters can do', patient, async () => {
    const { stdout, code } = await runner.run(['doctor'], { timeout: scaled(50_000) })
    expect(stdout).toContain(`Linux ${release()}`)
    expect(stdout).toMatch(code === 0 ? /All \d chapters can run here/ : /cannot run here as it is/)
  })
})

describe(
  'root of a user namespace is told what the programs are told there',
  needs('root', 'busybox', 'userns', 'unshare'),
  () => {
    const inside = (...flags: string[]) => {
      const run = (...words: string[]): Command => command('unshare', '--map-root-user', ...flags, ...words)
      return { run, doctor: run(process.execPath, '--import', 'tsx', join(repository, 'runner.ts')) }
    }

    const chapter = (program: string, ...args: string[]) => ['--import', 'tsx', `chapters/${program}`, ...args]
    const RUN = ['busybox', '/bin/true']

    test.each<[string, string[], number, string, string[]]>([
      ['/proc', [], 3, 'proc', chapter('03-mount/main.ts', ...RUN)],
      ['the network', [], 6, 'network.own', chapter('06-net/main.ts', ...RUN)],
      ['devices', ['--net'], 7, 'devices', chapter('07-unionfs/copy-image.ts', 'run', '--network', 'none', ...RUN)],
    ])('%s', patient, async (_, flags, number, id, words) => {
      const { run, doctor } = inside(...flags)
      const { find, runs, report } = await examine(doctor)
      const { stderr, code } = await run(process.execPath, ...words).run([], { env: { SKDOCKER_HOME: home } })
      expect(code).toBe(125)
      const { state, found, cure = '' } = find(id)
      expect({ state, runs: runs(number), ok: report.ok }).toEqual({ state: 'missing', runs: false, ok: false })
      const [call = ''] = found.split('(')
      expect(stderr).toContain(call)
      expect(stderr).toContain(cure)
      expect([2, 4].map(runs)).toEqual([true, true])
    })
  },
)

describe('what the doctor says to do is done here, and it finds it well', needs('root', 'busybox', 'pty'), () => {
  test('a limit of namespaces', { ...patient, ...needs('userns', 'unshare', 'sysctl') }, async () => {
    const after = (script: string) =>
      examine(
        command(
          ...[
            'unshare',
            '--map-root-user',
            'sh',
            '-ec',
            `echo 0 >/proc/sys/user/max_ipc_namespaces; ${script} exec "$@"`,
          ],
          ...['sh', process.execPath, '--import', 'tsx', join(repository, 'runner.ts')],
        ),
      )
    const { state, cure = '' } = (await after('')).find('namespace.ipc')
    expect(state).toBe('missing')
    const [, sysctl = ''] = /: (sysctl user\.\S+)$/.exec(cure) ?? []
    expect((await after(`${sysctl} >/dev/null;`)).find('namespace.ipc').state).toBe('ok')
  })

  test('no pseudo-terminals', { ...patient, ...needs('mount') }, async () => {
    const bare = world('a host without devpts', ['mount'], 'mount -t tmpfs none /dev/pts')
    const before = (await examine(runner.on(bare))).find('pty')
    expect(before.state).toBe('missing')
    const [mount = ''] = /(?<=")mount -t devpts [^"]*/.exec(before.cure ?? '') ?? []
    const { code } = await command('sh', '-c', mount).on(bare).run()
    expect(code).toBe(0)
    expect((await examine(runner.on(bare))).find('pty').state).toBe('ok')
  })

  test('a workbook on overlayfs', { ...patient, ...needs('filesystem:overlay') }, async () => {
    const below = temporaryDirectory('below')
    const layered = world(
      'a host whose disk is an overlay',
      ['mount'],
      `cd ${below}; mkdir lower upper work merged
       mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged`,
    )
    await layered.pid()
    const doctor = runner.on(layered)
    const before = (await examine(doctor, { SKDOCKER_HOME: join(below, 'merged') })).find('overlay')
    expect(before).toMatchObject({ state: 'missing', cure: expect.stringContaining('set SKDOCKER_HOME') })
    expect((await examine(doctor, { SKDOCKER_HOME: home })).find('overlay').state).toBe('ok')
  })
})

describe('with less than root', needs('root', 'busybox', 'setpriv'), () => {
  test('a user is told that what takes root was not tried', patient, async () => {
    const { report, find, runs, lacks, code } = await examine(
      as(
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        '--inh-caps',
        '-all,+dac_override',
        '--ambient-caps',
        '+dac_override',
        '--bounding-set',
        '-all,+dac_override',
      ),
    )
    expect(report.root).toBe(false)
    expect(find('root')).toMatchObject({ state: 'missing', cure: expect.stringContaining('sudo') })
    const untried = [
      'namespace.net',
      'cgroup.cpu',
      'overlay',
      'veth',
      'bridge',
      'nat',
      'forward',
      'packet',
      'firewalls',
    ]
    for (const id of untried)
      expect(find(id)).toMatchObject({ state: 'unknown', found: expect.stringContaining('not tried') })
    expect(find('kernel').state).toBe('ok')
    // What was not tried is in the way, too.
    expect(lacks(6)).toEqual(expect.arrayContaining(['root', 'veth', 'nat']))
    expect([0, 1, 2, 8].map(runs)).toEqual([false, true, false, false])
    expect(code).toBe(1)
  })

  test('a root that may not make namespaces is told so, and nothing is guessed', patient, async () => {
    const { find, runs, code } = await examine(as('--inh-caps', '-sys_admin', '--bounding-set', '-sys_admin'))
    expect(find('root').state).toBe('ok')
    expect(find('capabilities')).toMatchObject({ state: 'missing', found: 'without CAP_SYS_ADMIN' })
    expect(find('namespace.mnt')).toMatchObject({ state: 'missing', found: expect.stringContaining('EPERM') })
    expect(find('overlay').state).toBe('unknown')
    expect([0, 2, 3, 4].map(runs)).toEqual([false, true, false, false])
    expect(code).toBe(1)
  })
})

test.each([
  [[0, 2, 3, 4, 5, 6, 7, 8], 'Chapters 00, 02–08 cannot run here as it is.'],
  [[6, 7], 'Chapters 06, 07 cannot run here as it is.'],
  [[5], 'Chapter 05 cannot run here as it is.'],
])('of chapters %j it says: %s', (blocked, said) => {
  const chapters = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(number => {
    const runs = !blocked.includes(number)
    return { number, name: `${number}`, runs, lacks: runs ? [] : ['root'] }
  })
  expect(verdict({ ok: false, root: true, chapters, findings: [] })).toBe(said)
})
