import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import {
  command,
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  mountinfo,
  namespaces,
  needs,
  ourProgram,
  program,
  type Result,
  readProcess,
  repository,
  shellWords,
  status,
} from '../harness/index.ts'
import { complaint, machine, needsSkdocker, newHome, Skdocker } from '../skdocker/little-host.ts'
import { groupOf } from './05-cgroup-groups.ts'
import { startShell } from './container.ts'

const duck = program('08-container/main.ts')

/** One line of the duck test. */
type Point = { readonly own: boolean; readonly seen: string }

type Seen = { readonly heading: string; readonly points: Record<string, Point>; readonly verdict: string }

const read = ({ code, stdout, stderr }: Result): Seen => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [heading = '', , ...rest] = stdout.trimEnd().split('\n')
  const lines = rest.slice(0, -2).map(line => /^ {2}(.{18}) (its own|the host's) +(\S.*)$/.exec(line))
  const points = lines.map(line => [line![1]!.trim(), { own: line![2] === 'its own', seen: line![3]! }])
  return { heading, points: Object.fromEntries(points), verdict: rest.at(-1)! }
}

const own = ({ points }: Seen): string[] => Object.keys(points).filter(name => points[name]!.own)

const kinds = (): string[] => readdirSync('/proc/self/ns').filter(kind => !kind.endsWith('_for_children'))

/** How many points there are: the namespaces that this kernel has, and seven more. */
const all = (): number => kinds().length + 7

const devices = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/net/dev`, 'utf8')
    .trim()
    .split('\n')
    .slice(2)
    .map(line => line.split(':')[0]!.trim())

const root = (pid: number): string => {
  const { dev, ino } = statSync(`/proc/${pid}/root/.`)
  return `${dev} ${ino}`
}

const mounts = (pid: number): string[] => mountinfo(pid).map(({ mountPoint, type }) => `${mountPoint} (${type})`)

/** Some machines keep process 1 from everybody, root too. Then the program takes itself for comparison. */
const FIRST = ((): number => {
  try {
    readlinkSync('/proc/1/ns/uts')
    return 1
  } catch {
    return process.pid
  }
})()
const BESIDE = FIRST === 1 ? 'process 1 of the host' : 'this program, for process 1 may not be looked at'

/** Each point that can be looked up in /proc is what the program says of it. */
const expectKernelToAgree = ({ points }: Seen, pid: number): void => {
  for (const kind of kinds()) {
    const of = (each: number): string => namespaces(each)[kind as keyof ReturnType<typeof namespaces>]
    expect(points[`namespace ${kind}`]).toEqual({ own: of(pid) !== of(FIRST), seen: of(pid) })
  }
  expect(points['root directory']!.own).toBe(root(pid) !== root(FIRST))
  expect(points.mounts!.own).toBe(mounts(pid).join() !== mounts(FIRST).join())
  expect(points.mounts!.seen.split(/, | and /)[0]).toBe(mounts(pid)[0] ?? 'none to be seen')
  expect(points['network devices']!.own).toBe(devices(pid).join() !== devices(FIRST).join())
  expect(points.capabilities).toEqual({
    own: status(pid).CapEff !== status(FIRST).CapEff,
    seen: status(pid).CapEff,
  })
  expect(points.pid!.seen).toBe(`${status(pid).NSpid!.split('\t').at(-1)}, as it sees itself`)
}

const needsFirst = needs('root', 'unshare')

const waiting = async (...words: string[]): Promise<number> => {
  const live = await command(...words).start()
  return live.pid
}

describe('the duck test', needsFirst, () => {
  hostUnchanged()

  test('an ordinary process has nothing of its own', async () => {
    const pid = await waiting('sleep', '1000')
    await eventually('sleep', () => readProcess(pid)?.comm === 'sleep' || undefined)
    const seen = read(await duck.run([`${pid}`]))
    expect(seen.heading).toBe(`process ${pid} (sleep 1000), beside ${BESIDE}`)
    expectKernelToAgree(seen, pid)
    expect(own(seen)).toEqual([])
    expect(Object.keys(seen.points)).toHaveLength(all())
    expect(seen.verdict).toBe(`0 of ${all()} points are its own: a process of the host like any other.`)
  })

  test('nor has process 1 itself', async () => {
    const inside = `${duck.line(['1'])}; exit $?` // where the shell is process 1, and may be looked at
    const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
    const seen = read(await command(...unshare, 'sh', '-c', inside).run())
    expect(seen.heading).toMatch(/^process 1 \(sh .*, beside process 1 of the host$/)
    expect(own(seen)).toEqual([])
  })

  test.each([
    [['uts'], ['namespace uts']],
    [
      ['uts', 'ipc', 'net'],
      ['namespace ipc', 'namespace net', 'namespace uts', 'network devices'],
    ],
  ])('with %j alone it is half a container', async (types, expected) => {
    const pid = await waiting('unshare', ...types.map(type => `--${type}`), 'sleep', '1000')
    await eventually('sleep', () => readProcess(pid)?.comm === 'sleep' || undefined)
    const seen = read(await duck.run([`${pid}`]))
    expectKernelToAgree(seen, pid)
    const more = devices(pid).join() === devices(FIRST).join() ? ['network devices'] : []
    expect(own(seen)).toEqual(expected.filter(name => !more.includes(name)))
    expect(seen.verdict).toMatch(/: a process with something of its own, but nobody would take it for a machine\.$/)
  })

  test('a changed root alone is half a container', needs('busybox'), async () => {
    const { init } = await startShell('02-chroot/main.ts', ['busybox'])
    const seen = read(await duck.run([`${init}`]))
    expectKernelToAgree(seen, init)
    expect(own(seen)).toEqual(['root directory', 'mounts'])
    expect(seen.points['root directory']!.seen).toBe(join(repository, 'busybox'))
    expect(seen.verdict).toContain('nobody would take it for a machine')
  })

  test(
    'a cgroup that the asker is in too is none of its own: systemd gives every login one',
    needs('cgroup:pids'),
    async () => {
      const group = join(hierarchyOf('pids').mountPoint, 'test-of-login')
      mkdirSync(group)
      onTestFinished(async () => {
        const isEmpty = () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === ''
        await eventually('an empty group', () => isEmpty() || undefined)
        rmdirSync(group)
      })
      const setup = `echo $$ >${group}/cgroup.procs`
      const sleeper = await command('sleep', '1000').start([], { setup })
      await eventually('sleep', () => readProcess(sleeper.pid)?.comm === 'sleep' || undefined)
      const [inside, outside] = await Promise.all([
        duck.run([`${sleeper.pid}`], { setup }),
        duck.run([`${sleeper.pid}`]),
      ])
      expect(own(read(inside))).toEqual([])
      expect(own(read(outside))).toEqual(['cgroup'])
    },
  )

  test('fewer capabilities are told', needs('setpriv'), async () => {
    const pid = await waiting('setpriv', '--bounding-set', '-sys_time', 'sleep', '1000')
    await eventually('sleep', () => readProcess(pid)?.comm === 'sleep' || undefined)
    const seen = read(await duck.run([`${pid}`]))
    expectKernelToAgree(seen, pid)
    expect(own(seen)).toEqual(['capabilities'])
  })

  test('what chapter 04 makes is a container, without limits', needs('busybox'), async () => {
    const { init } = await startShell('04-allns/main.ts', ['busybox'])
    const seen = read(await duck.run([`${init}`]))
    expectKernelToAgree(seen, init)
    expect(own(seen)).toEqual(expect.arrayContaining(['namespace mnt', 'namespace pid', 'pid', 'root directory']))
    expect(own(seen)).not.toContain('cgroup')
    expect(own(seen)).not.toContain('limits')
    expect(seen.verdict).toMatch(/It is a process, and it is a container\.$/)
  })

  test('what chapter 05 makes has a cgroup and limits', needs('busybox', 'cgroup:cpu'), async () => {
    const starter = await ourProgram('05-cgroup/main.ts').start([
      '--cpus',
      '0.3',
      'busybox',
      'sh',
      '-c',
      'read line',
    ])
    const pid = await initOf(starter)
    const seen = read(await duck.run([`${pid}`]))
    expect(seen.points.cgroup).toMatchObject({
      own: true,
      seen: expect.stringContaining(`:/skdocker/${groupOf(pid)}`),
    })
    expect(seen.points.limits).toEqual({ own: true, seen: '0.3 CPUs' })
    starter.endInput()
    await starter.exit()
  })

  test('what is no pid, or nobody’s, is refused in one line; without one it says how it is used', async () => {
    const noPid = ['abc', '0', '1.5', '1e3', '12345678901', '']
    const refused = await Promise.all([...noPid, '2147483647'].map(given => duck.run(['--', given])))
    expect(refused.map(complaint)).toEqual([
      ...noPid.map(given => `125 skdocker: "${given}" is no pid: it takes the number of a process, see --help`),
      '125 skdocker: there is no process 2147483647: "skdocker ps" and ps(1) show those there are',
    ])
    expect(complaint(await duck.run())).toMatch(/^125 skdocker: .*<pid>/)
  })

  test('a process that has ended is refused, be its parent told of it or not', async () => {
    const { stdout } = await command('sh', '-c', 'echo $$').run()
    const gone = stdout.trim()
    expect(complaint(await duck.run([gone]))).toBe(
      `125 skdocker: there is no process ${gone}: "skdocker ps" and ps(1) show those there are`,
    )
    const parent = await command('sh', '-c', 'sleep 0 & echo $!; exec sleep 1000').start()
    const [, zombie] = await parent.stdout.waitFor(/(\d+)\n/)
    await eventually('a zombie', () => readProcess(Number(zombie))?.state === 'Z' || undefined)
    expect(complaint(await duck.run([zombie!]))).toMatch(
      new RegExp(`^125 skdocker: process ${zombie} has ended, .*: nothing is left to look at$`),
    )
  })
})

const READER = '-all,+dac_override'
const NOBODY = [
  ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  ...['--inh-caps', READER, '--bounding-set', READER, '--ambient-caps', READER],
]

describe('without root', needs('root', 'setpriv', 'busybox'), () => {
  hostUnchanged()

  const ask = (pid: number): Promise<Result> => command(...NOBODY, ...shellWords(duck.line([`${pid}`]))).run()

  test('nobody may look at the process of another: one line says what it takes', async () => {
    const { init } = await startShell('04-allns/main.ts', ['busybox'])
    expect(complaint(await ask(init))).toMatch(
      new RegExp(`^125 skdocker: process ${init} may not be looked at: EACCES.*: this takes root: .*sudo$`),
    )
  })

  test('but at his own, beside the program that looks', async () => {
    const pid = await waiting(...NOBODY, 'sleep', '1000')
    await eventually('sleep', () => readProcess(pid)?.comm === 'sleep' || undefined)
    const seen = read(await ask(pid))
    expect(seen.heading).toBe(
      `process ${pid} (sleep 1000), beside this program, for process 1 may not be looked at`,
    )
    expect(own(seen)).toEqual([])
  })
})

describe('a container of skdocker', needsSkdocker, () => {
  hostUnchanged(machine)

  const skdocker = new Skdocker(newHome('home', ['busybox']))
  const here = duck.on(machine)
  const run = (...args: string[]): Promise<Result> => here.run(args, { env: { SKDOCKER_HOME: skdocker.home } })

  /** A detached container, and its init as the host has it. */
  const start = async (...options: string[]): Promise<number> => {
    await skdocker.out('run', '-d', '--name', 'duck', ...options, 'busybox', 'sleep', '1000')
    return (await skdocker.containers()).duck!.init!.pid
  }

  /** Ends it, and waits for its shim, which has something to do when it has ended. */
  const remove = async (pid: number): Promise<void> => {
    const shim = readProcess(pid)!.ppid
    await skdocker.out('rm', '-f', 'duck')
    await eventually('the end of the shim', () => !isAlive(shim) || undefined)
  }

  test('is a container: all the kernel says of it is told, its limits too', async () => {
    const pid = await start('--memory', '64m', '--cpus', '0.5')
    const seen = read(await run(`${pid}`))
    expectKernelToAgree(seen, pid)
    expect(seen.heading).toBe(`process ${pid} (sleep 1000), beside ${BESIDE}`)
    expect(own(seen)).toEqual(
      expect.arrayContaining([
        ...['ipc', 'mnt', 'net', 'pid', 'uts'].map(kind => `namespace ${kind}`),
        ...['pid', 'root directory', 'mounts', 'cgroup', 'limits', 'network devices'],
      ]),
    )
    for (const kind of ['user', 'cgroup']) expect(own(seen)).not.toContain(`namespace ${kind}`)
    expect(seen.points.limits!.seen).toBe('0.5 CPUs, 64 MiB of memory, 2048 processes')
    expect(seen.points['network devices']!.seen).toBe('lo, eth0')
    expect(seen.points['root directory']!.seen).toBe('/ (overlay)')
    expect(seen.points.pid).toEqual({ own: true, seen: '1, as it sees itself' })
    expect(seen.verdict).toBe(
      `${own(seen).length} of ${all()} points are its own: it looks like a container, it lives like a container. It is a process, and it is a container.`,
    )
    await remove(pid)
    expect(complaint(await run(`${pid}`))).toMatch(/^125 skdocker: (there is no process|process \d+ has ended)/)
  })

  test('--inside: a running one is asked where it is, and every answer is the kernel’s', async () => {
    const pid = await start('--network', 'none')
    const { id } = (await skdocker.containers()).duck!
    const [byName, byId] = await Promise.all([run('--inside', 'duck'), run('--inside', id.slice(0, 6))])
    expect(byId.stdout).toBe(byName.stdout)
    expect({ code: byName.code, stderr: byName.stderr }).toEqual({ code: 0, stderr: '' })
    const answers = new Map(
      [...byName.stdout.matchAll(/^(\S.*\?)\n {4}seen: {3}(.*)\n {4}proves: (.*)$/gm)].map(
        ([, question, seen, proves]) => [question!, { seen: seen!.trim(), proves: proves! }],
      ),
    )
    expect(answers.get('Who is process 1?')!.seen).toBe('sleep 1000')
    expect(answers.get('Are there threads of the kernel?')!.seen).toBe('process 2 is not kthreadd')
    for (const kind of ['uts', 'ipc', 'pid'] as const)
      expect(answers.get(`Which ${kind} namespace is this?`)).toEqual({
        seen: namespaces(pid)[kind],
        proves: expect.stringContaining('that somebody made it'),
      })
    expect(answers.get('In which cgroup am I?')!.seen).toBe(`/skdocker/${id}`)
    expect(answers.get('On what does / stand?')!.seen).toBe('overlay')
    expect(byName.stdout).toContain('\n6 clues: I am in a container.')
    expect(byName.stdout).toContain('What no look from here can tell')
    await remove(pid)
  })

  test('--inside: one that does not run has nobody in it to ask; one that is not there is none', async () => {
    await skdocker.out('run', '--name', 'ended', '--network', 'none', 'busybox', 'true')
    expect(complaint(await run('--inside', 'ended'))).toBe(
      '125 skdocker: container ended does not run: nobody is in it to ask, start one with "skdocker run -d busybox /bin/sleep 1000"',
    )
    expect(complaint(await run('--inside', 'nope'))).toBe(
      '125 skdocker: no container "nope": "skdocker ps -a" shows those there are',
    )
    expect(complaint(await run('--inside', '../ended'))).toMatch(/^125 skdocker: no container "\.\.\/ended"/)
    await skdocker.out('rm', 'ended')
  })
})

describe('the brain on the host', needs('root', 'sh', 'awk'), () => {
  hostUnchanged()

  test('the same questions: what the kernel made first is told from what was made later', async () => {
    const { stdout, code } = await command('sh', 'chapters/08-container/vat.sh').run()
    expect(code).toBe(0)
    for (const [kind, first] of [
      ['uts', 4026531838],
      ['ipc', 4026531839],
      ['pid', 4026531836],
    ] as const) {
      const seen = namespaces()[kind]
      const isFirst = seen === `${kind}:[${first}]`
      const later = `that somebody made it: the first one is ${first}`
      const proves = isFirst ? 'that it is the one this kernel made first' : later
      expect(stdout).toContain(`Which ${kind} namespace is this?\n    seen:   ${seen}\n    proves: ${proves}\n`)
    }
  })

  test('a namespace that is made for it is noticed', needs('unshare'), async () => {
    const ask = ['sh', 'chapters/08-container/vat.sh']
    const [before, after] = await Promise.all([command(...ask).run(), command('unshare', '--uts', ...ask).run()])
    const clues = ({ stdout }: Result): number => Number(/^(\d+) clues/m.exec(stdout)?.[1] ?? 0)
    const isFirst = namespaces().uts === 'uts:[4026531838]'
    expect(clues(after)).toBe(clues(before) + (isFirst ? 1 : 0))
  })
})
