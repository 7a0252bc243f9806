import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCgroup, joinCgroup, removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { countOomKills, processesOf } from '#parts/cgroup/group-processes.ts'
import { limitsInForce } from '#parts/cgroup/limits.ts'
import { findCgroup, sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { command, hostUnchanged, initOf, program, repository, scaled, typescript } from '../harness/index.ts'
import { gone, groupIn, groupOf, groupPath, hasGroup, needsCgroups } from './05-cgroup-groups.ts'

const main = program('05-cgroup/main.ts')
const holder = typescript(join(repository, 'test/chapters/05-cgroup-holder.ts'))
const all = { cpus: 0.2, memory: 2 ** 26, pids: 20 }

hostUnchanged()

describe("after SIGKILL to the container's starter (rows 11 and 34)", needsCgroups(), () => {
  test('the container is dead, and the next run removes its group', async () => {
    const args = ['--memory', '64m', '--pids', '20', 'busybox', 'sh', '-c']
    const starter = await main.start([...args, 'while :; do sleep 0.1; done'])
    const init = await initOf(starter)
    const name = groupOf(init)
    starter.kill('SIGKILL')
    await gone(init)
    expect(hasGroup(name)).toBe(true)
    expect((await main.run(['busybox', 'true'])).code).toBe(0)
    expect(hasGroup(name)).toBe(false)
  })

  test('with groups in it', async () => {
    const starter = await main.start(['busybox', 'sh', '-c', 'read line'])
    const init = await initOf(starter)
    const name = groupOf(init)
    await command('mkdir', '-p', join(groupPath('cpu', name), 'a/b'), join(groupPath('cpu', name), 'c')).run()
    starter.kill('SIGKILL')
    await gone(init)
    await main.run(['busybox', 'true'])
    expect(hasGroup(name)).toBe(false)
  })
})

describe('sweepCgroups', needsCgroups(), () => {
  const NAME = 'test-of-sweeping'
  // Groups of other programs are none of our business.
  const isKept = (name: string) => !name.startsWith('test-')

  test('leaves a group that a living program has made and not yet used', async () => {
    const live = await holder.start([NAME])
    await live.stdout.waitFor('made')
    await sweepCgroups(isKept)
    expect(limitsInForce(findCgroup(NAME))).toEqual(all)
    live.endInput()
    await live.exit()
    await sweepCgroups(isKept)
    expect(findCgroup(NAME)).toEqual([])
  })

  test('leaves a group in which a process is', async () => {
    const live = await holder.start([NAME])
    await live.stdout.waitFor('made')
    const sleeper = await command('sleep', '63').start()
    for (const { path } of findCgroup(NAME)) writeFileSync(join(path, 'cgroup.procs'), `${sleeper.pid}`)
    const below = join(groupPath('cpu', NAME), 'below')
    mkdirSync(below)
    live.kill('SIGKILL')
    await live.exit()
    await sweepCgroups(isKept)
    expect(processesOf(findCgroup(NAME))).toEqual([sleeper.pid])
    expect(existsSync(below)).toBe(true)
    await removeCgroup(findCgroup(NAME))
    await gone(sleeper.pid)
  })

  test('leaves a group that is to be kept', async () => {
    await abandoned(NAME)
    await abandoned('test-of-another')
    await sweepCgroups(name => isKept(name) || name === NAME)
    expect([NAME, 'test-of-another'].map(hasGroup)).toEqual([true, false])
    await sweepCgroups(isKept)
    expect(hasGroup(NAME)).toBe(false)
  })

  test('by default those that are named by a pid may go, be it one that is in use again', async () => {
    await abandoned(`${process.pid}`)
    await abandoned(NAME)
    await sweepCgroups()
    expect([`${process.pid}`, NAME].map(hasGroup)).toEqual([false, true])
    await sweepCgroups(isKept)
  })

  test("leaves what a reader has made by hand, with a name that is no container's too", async () => {
    await abandoned(NAME)
    const byHand = join(dirname(groupPath('cpu', NAME)), '-by hand-')
    mkdirSync(byHand)
    await sweepCgroups(isKept)
    expect(hasGroup(NAME)).toBe(false)
    expect(existsSync(byHand)).toBe(true)
    rmdirSync(byHand)
    await sweepCgroups()
  })

  const abandoned = async (name: string): Promise<void> => {
    await holder.run([name])
    expect(hasGroup(name)).toBe(true)
  }
})

describe('createCgroup', needsCgroups(), () => {
  test('makes it anew when one of that name was left', async () => {
    await holder.run(['again'])
    const cgroup = await createCgroup('again', { cpus: 0.5, memory: 2 ** 27, pids: 10 })
    expect(limitsInForce(cgroup)).toEqual({ cpus: 0.5, memory: 2 ** 27, pids: 10 })
    await removeCgroup(cgroup)
  })

  test('refuses a name that is in use, and leaves that group alone', async () => {
    const cgroup = await createCgroup('twice', all)
    await expect(createCgroup('twice', { cpus: 0.5 })).rejects.toThrow(
      /skdocker\/twice"\): EEXIST .*another container/,
    )
    expect(limitsInForce(cgroup)).toEqual(all)
    await removeCgroup(cgroup)
  })

  test.each(['', '.', '..', 'a/b', '../x', '+cpu', '-x', 'x'.repeat(129), 'a b', 'a\n'])(
    'refuses the name %j',
    async name => {
      await expect(createCgroup(name, all)).rejects.toThrow(/cannot name a cgroup/)
      expect(() => findCgroup(name)).toThrow(/cannot name a cgroup/)
    },
  )

  test('leaves nothing when the kernel refuses a limit', async () => {
    await expect(createCgroup('refused', { cpus: 0.2, pids: -5 })).rejects.toThrow(
      /^write\(".*\/skdocker\/refused\/pids\.max", "-5"\): EINVAL \(Invalid argument\): the kernel does not take/,
    )
    expect(hasGroup('refused')).toBe(false)
  })

  test('without limits there is no group, and all that is asked of it is right', async () => {
    const cgroup = await createCgroup('none', {})
    expect(hasGroup('none')).toBe(false)
    expect(joinCgroup(cgroup)).toEqual([])
    expect([limitsInForce(cgroup), processesOf(cgroup), countOomKills(cgroup)]).toEqual([{}, [], 0])
    await removeCgroup(cgroup)
  })

  test('removing it a second time does nothing', async () => {
    const cgroup = await createCgroup('twice', all)
    await removeCgroup(cgroup)
    await removeCgroup(cgroup)
    expect(hasGroup('twice')).toBe(false)
  })

  test('no descriptor is left open', async () => {
    const joinAndRemove = async (): Promise<void> => {
      const cgroup = await createCgroup('joined', all)
      expect(await exitCode(clone([joinCgroup(cgroup)], SIGCHLD))).toBe(0)
      await removeCgroup(cgroup)
    }
    await joinAndRemove()
    const before = readdirSync('/proc/self/fd').length
    for (let times = 0; times < 20; times++) await joinAndRemove()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

describe('many at the same time', needsCgroups(), () => {
  test('do not disturb each other, nor what sweeps', { timeout: scaled(120_000) }, async () => {
    const args = ['--memory', '32m', '--pids', '10', 'busybox', 'cat', '/proc/self/cgroup']
    const runs = Array.from({ length: 12 }, () => main.run(args))
    let running = true
    const sweeping = (async () => {
      for (; running; await new Promise(resolve => setTimeout(resolve, 1))) await sweepCgroups()
    })()
    const results = await Promise.all(runs)
    running = false
    await sweeping
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(12).fill({ code: 0, stderr: '' }))
    for (const controller of ['cpu', 'memory', 'pids']) {
      const groups = results.map(({ stdout }) => groupIn(stdout, controller))
      expect(new Set(groups).size).toBe(12)
      for (const group of groups) expect(group).toMatch(/^\/skdocker\/\d+$/)
    }
  })

  test('what ran out of memory is told though others sweep', { timeout: scaled(120_000) }, async () => {
    const args = ['--memory', '16m', 'busybox', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1']
    const runs = Array.from({ length: 6 }, () => main.run(args))
    let running = true
    const sweeping = (async () => {
      for (; running; await new Promise(resolve => setImmediate(resolve))) await sweepCgroups()
    })()
    const results = await Promise.all(runs)
    running = false
    await sweeping
    for (const { code, stderr } of results) {
      expect(stderr).toMatch(/^skdocker: out of memory: /)
      expect(code).toBe(137)
    }
  })
})
