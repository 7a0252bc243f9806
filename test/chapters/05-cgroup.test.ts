import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { limitsInForce } from '#parts/cgroup/limits.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import {
  command,
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  type LiveProcess,
  program,
  scaled,
  sleep,
  world,
} from '../harness/index.ts'
import { groupFile, groupIn, groupOf, groupPath, mountHierarchy, needsCgroups } from './05-cgroup-groups.ts'

const main = program('05-cgroup/main.ts')
const limited = ['--cpus', '0.3', '--memory', '64m', '--pids', '20', 'busybox']
const CONTROLLERS = ['cpu', 'memory', 'pids']

// The command ends with its input, because a container whose starter is killed leaves its group to the next run.
const WAIT = ['sh', '-c', 'read line']

const waiting = async (...args: string[]) => {
  const starter = await main.start([...args, ...WAIT])
  const init = await initOf(starter)
  return { starter, init, name: groupOf(init) }
}

const end = async (starter: LiveProcess) => {
  starter.endInput()
  await starter.exit()
}

hostUnchanged()

describe('init is in its cgroup before the command runs (row 31)', needsCgroups(), () => {
  test('the command finds itself there, in every hierarchy', async () => {
    const { stdout, code } = await main.run([...limited, 'cat', '/proc/self/cgroup'])
    expect(code).toBe(0)
    for (const controller of CONTROLLERS) expect(groupIn(stdout, controller)).toMatch(/^\/skdocker\/\d+$/)
  })

  test('the child does nothing of its own before', async () => {
    const { stderr } = await main.run(['--trace', ...limited, 'true'])
    const opened = [...stderr.matchAll(/open\("[^"]*\/cgroup\.procs", O_WRONLY\) = (\d+)\n/g)]
    const [, child] = /clone\(.*\) = (\d+)\n/.exec(stderr)!
    const calls = stderr.split('\n').filter(line => line.startsWith(`[pid ${child}]`))
    const joins = opened.map(([, procs]) => calls.indexOf(`[pid ${child}] write(${procs}, "0", 1) = 1`))
    expect(joins.length).toBe(new Set(CONTROLLERS.map(each => groupPath(each, 1))).size)
    expect(Math.min(...joins)).toBeGreaterThan(-1)
    expect(calls.findIndex(call => call.includes('mount('))).toBeGreaterThan(Math.max(...joins))
  })

  test('only the controllers that are needed are touched: the CPU by default', async () => {
    const { stdout } = await main.run(['busybox', 'cat', '/proc/self/cgroup'])
    expect(groupIn(stdout, 'cpu')).toMatch(/^\/skdocker\/\d+$/)
    const others = CONTROLLERS.filter(each => hierarchyOf(each).mountPoint !== hierarchyOf('cpu').mountPoint)
    for (const controller of others) expect(groupIn(stdout, controller)).not.toContain('skdocker')
  })
})

describe('the limits can be read back (row 32)', needsCgroups(), () => {
  test("in the kernel's files", async () => {
    const { starter, init, name } = await waiting(...limited)
    const quota = { v1: 'cpu.cfs_quota_us', v2: 'cpu.max' }
    expect(groupFile('cpu', name, quota)).toMatch(/^30000( 100000)?$/)
    expect(groupFile('memory', name, { v1: 'memory.limit_in_bytes', v2: 'memory.max' })).toBe('67108864')
    expect(groupFile('pids', name, { v1: 'pids.max', v2: 'pids.max' })).toBe('20')
    expect(limitsInForce(findCgroup(name))).toEqual({ cpus: 0.3, memory: 67108864, pids: 20 })
    expect(processesOf(findCgroup(name))).toEqual([init])
    await end(starter)
  })

  test('20 % of a CPU by default', async () => {
    const { starter, name } = await waiting('busybox')
    expect(limitsInForce(findCgroup(name))).toEqual({ cpus: 0.2 })
    await end(starter)
  })
})

describe('memory over the limit (row 33)', needsCgroups(), () => {
  const OUT_OF_MEMORY = /^skdocker: out of memory: .* killed 1 of the container's processes: .*--memory\n$/

  // dd fills a buffer of that size at once.
  const use = (megabytes: number) => ['dd', 'if=/dev/zero', 'of=/dev/null', `bs=${megabytes}M`, 'count=1']

  test('init is killed, and it is said why', async () => {
    const { stderr, code } = await main.run(['--memory', '16m', 'busybox', ...use(64)])
    expect(stderr).toMatch(OUT_OF_MEMORY)
    expect(code).toBe(137)
  })

  test('another process is killed, and init goes on', async () => {
    const script = `${use(64).join(' ')} 2>/dev/null; echo dd ended with $?; exit 3`
    const { stdout, stderr, code } = await main.run(['--memory', '16m', 'busybox', 'sh', '-c', script])
    expect(stdout).toBe('dd ended with 137\n')
    expect(stderr).toMatch(/out of memory: /)
    expect(code).toBe(3)
  })

  test('in a group that the container has made for itself too', async () => {
    const pattern = hierarchyOf('memory').version === 1 ? 'memory' : ''
    const script = `
      group=/tmp$(sed -n 's/^[0-9]*:${pattern}:\\(\\/skdocker.*\\)/\\1/p' /proc/self/cgroup)/inner
      ${mountHierarchy('memory', '/tmp')} && mkdir $group && echo 0 >$group/cgroup.procs && exec ${use(64).join(' ')}`
    const { stderr, code } = await main.run(['--memory', '16m', 'busybox', 'sh', '-c', script])
    expect(stderr).toMatch(OUT_OF_MEMORY)
    expect(code).toBe(137)
  })

  test('enough is enough', async () => {
    const { stderr, code } = await main.run(['--memory', '64m', 'busybox', ...use(32)])
    expect(stderr).not.toContain('skdocker')
    expect(code).toBe(0)
  })

  test("Docker's least, 6m, is enough to start with arguments of a megabyte", async () => {
    const args = Array(8).fill('x'.repeat(120_000))
    expect(await main.run(['--memory', '6m', 'busybox', 'true', ...args])).toMatchObject({ stderr: '', code: 0 })
  })
})

describe('the pids limit stops a fork bomb (row 35)', needsCgroups(), () => {
  // It ends by itself: without a limit these would be 127 processes for two seconds.
  const BOMB = 'b() { [ $1 = 0 ] || { b $(($1-1)) & b $(($1-1)) & }; sleep 2; }; b 6'

  test('there are never more, and the kernel has refused some', { timeout: scaled(30_000) }, async () => {
    const starter = await main.start(['--cpus', '1', '--pids', '20', 'busybox', 'sh', '-c', BOMB])
    const name = groupOf(await initOf(starter))
    const group = groupPath('pids', name)
    const [counts, refusals] = [[0], [0]]
    while (existsSync(group)) {
      counts.push(processesOf(findCgroup(name)).length)
      refusals.push(refusalsIn(group))
      await sleep(10)
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(20)
    expect(Math.max(...refusals)).toBeGreaterThan(0)
    expect((await starter.exit()).stderr).toMatch(/can't fork/)
  })

  const refusalsIn = (group: string): number => {
    try {
      return Number(/^max (\d+)$/m.exec(readFileSync(join(group, 'pids.events'), 'utf8'))?.[1])
    } catch {
      return 0 // the group is gone
    }
  }

  test('one process is enough for a command that makes none', async () => {
    expect(await main.run(['--pids', '1', 'busybox', 'echo', 'alone'])).toMatchObject({
      stdout: 'alone\n',
      code: 0,
    })
  })
})

describe('nothing is left (row 34)', needsCgroups(), () => {
  test.each([
    ['a command', ['busybox', 'sh', '-c', 'exit 42'], 42],
    ['a command that is not there', ['busybox', 'no-such-command'], 127],
    ['a directory', ['busybox', '/bin'], 126],
    ['a root filesystem that is not there', ['no-such-rootfs', 'true'], 125],
  ])('after %s', async (_, args, expected) => {
    const { stderr, code } = await main.run(['--memory', '64m', '--pids', '20', ...args])
    expect(code).toBe(expected)
    expect(stderr.trim().split('\n').length).toBe(1)
  })

  test('of groups that the container has made below', async () => {
    const pattern = hierarchyOf('pids').version === 1 ? 'pids' : ''
    const script = `
      own=/tmp$(sed -n 's/^[0-9]*:${pattern}:\\(\\/skdocker.*\\)/\\1/p' /proc/self/cgroup)
      ${mountHierarchy('pids', '/tmp')} && mkdir -p $own/a/b/c $own/d && echo 0 >$own/a/b/cgroup.procs && echo $own`
    const { stdout, code } = await main.run(['--pids', '20', 'busybox', 'sh', '-c', script])
    expect({ stdout, code }).toMatchObject({ stdout: expect.stringMatching(/^\/tmp\/skdocker\/\d+\n$/), code: 0 })
  })

  test('not even processes that were put there from outside', async () => {
    const stray = await command('sleep', '61').start()
    const deeper = await command('sleep', '62').start()
    const { starter, name } = await waiting('--memory', '64m', 'busybox')
    const group = groupPath('memory', name)
    mkdirSync(join(group, 'deeper'))
    writeFileSync(join(group, 'cgroup.procs'), `${stray.pid}`)
    writeFileSync(join(group, 'deeper/cgroup.procs'), `${deeper.pid}`)
    await end(starter)
    expect(existsSync(group)).toBe(false)
    await eventually('their end', () => (isAlive(stray.pid) || isAlive(deeper.pid) ? undefined : true))
  })

  test('the container dies with SIGTERM to its starter, and its group with it', async () => {
    const starter = await main.start([
      ...limited,
      'sh',
      '-c',
      'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done',
    ])
    await starter.stdout.waitFor('ready')
    starter.kill('SIGTERM')
    expect(await starter.exit()).toMatchObject({ code: 9 })
  })
})

describe('a host that cannot limit (row 34)', needsCgroups(), () => {
  const hidden = world('no cgroups', ['mount'], 'mount -t tmpfs none /sys/fs/cgroup')
  const readOnly = world(
    'read-only cgroups',
    ['mount'],
    `grep -E ' - cgroup2? ' /proc/self/mountinfo | while read -r _ _ _ _ at _; do mount -o remount,bind,ro "$at"; done`,
  )

  test('says which controller is missing and what to do, and runs nothing', async () => {
    const { stdout, stderr, code } = await main.on(hidden).run(['busybox', 'echo', 'ran'])
    expect(stderr).toMatch(/^skdocker: no cgroup hierarchy here carries the controller cpu: .*mount -t cgroup.*\n$/)
    expect({ stdout, code }).toEqual({ stdout: '', code: 125 })
  })

  test('leaves nothing when one of several is missing', async () => {
    const separate = hierarchyOf('memory').mountPoint !== hierarchyOf('cpu').mountPoint
    const world = separate ? withoutMemory : hidden
    const { stdout, stderr, code } = await main.on(world).run(['--memory', '64m', 'busybox', 'echo', 'ran'])
    expect(stderr).toMatch(/^skdocker: .* the controller (memory|cpu): .*\n$/)
    expect({ stdout, code }).toEqual({ stdout: '', code: 125 })
  })

  const withoutMemory = world('no memory controller', ['mount'], `umount ${hierarchyOf('memory').mountPoint}`)

  test('says that it may not write', async () => {
    const { stdout, stderr, code } = await main.on(readOnly).run(['busybox', 'echo', 'ran'])
    expect(stderr).toMatch(
      /^skdocker: the controller cpu is mounted read-only at .*: run this on the host itself.*\n$/,
    )
    expect({ stdout, code }).toEqual({ stdout: '', code: 125 })
  })
})
