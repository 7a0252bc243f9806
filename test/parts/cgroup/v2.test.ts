import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withLock } from '#native/file-lock.ts'
import { rmdir } from '#parts/cgroup/cgroupfs.ts'
import { killProcessesUntil, processesIn } from '#parts/cgroup/group-processes.ts'
import { groupNames, makeParentGroup, parentGroupOf, removeParentGroupIfEmpty } from '#parts/cgroup/parent-group.ts'
import { command, eventually, hostUnchanged, isAlive, mountinfo, needs } from '../../harness/index.ts'

// A hybrid machine has a v2 hierarchy too. Whatever controller nobody uses there does to try what no limit is needed for.
const mountPoint = mountinfo().find(({ type }) => type === 'cgroup2')?.mountPoint
const words = (file: string): string[] =>
  mountPoint ? readFileSync(join(mountPoint, file), 'utf8').split(/\s+/).filter(Boolean) : []
// In a cgroup namespace what looks like the root is a group like any other. It hands nothing down while it has processes;
// that of a lab has none.
const isRoot = mountPoint !== undefined && !existsSync(join(mountPoint, 'cgroup.type'))
const handsDown = isRoot || words('cgroup.procs').length === 0
const unused = (handsDown ? words('cgroup.controllers') : []).filter(
  name => !words('cgroup.subtree_control').includes(name),
)
// These can be handed down next to processes, where the groups below are good for threads alone. See cgroup-v2.rst, Threads.
const THREADED = ['cpu', 'cpuset', 'perf_event', 'pids']
const spare = unused.find(name => !THREADED.includes(name)) ?? ''
const spareThreaded = unused.find(name => THREADED.includes(name)) ?? ''

const needsV2 = () => (mountPoint ? needs('root') : { skip: true, meta: { missing: ['needs a v2 hierarchy'] } })
const needsController = (name: string) =>
  name
    ? needs('root')
    : { skip: true, meta: { missing: ['needs such a v2 controller, not handed down yet by the root'] } }

const root = { version: 2, mountPoint: mountPoint ?? '' } as const

hostUnchanged()

const subtreeControl = (group: string): string[] =>
  readFileSync(`${group}/cgroup.subtree_control`, 'utf8').split(/\s+/).filter(Boolean)

const make = (hierarchy = root, controller = spare) =>
  withLock(hierarchy.mountPoint, () => makeParentGroup(hierarchy, [controller]))
const remove = (hierarchy = root) => removeParentGroupIfEmpty(hierarchy)
const killAndRemove = (group: string) => killProcessesUntil(group, () => rmdir(group))

describe('v2: controllers are handed down, and taken back with the last group', needsController(spare), () => {
  const parent = parentGroupOf(root)
  const group = `${parent}/test-of-v2`

  test('to a group below skdocker/', async () => {
    await make()
    mkdirSync(group)
    expect(readFileSync(`${group}/cgroup.controllers`, 'utf8').split(/\s+/)).toContain(spare)
    expect(groupNames(root)).toEqual(['test-of-v2'])
    rmdirSync(group)
    await remove()
    expect(existsSync(parent)).toBe(false)
    expect(subtreeControl(root.mountPoint)).not.toContain(spare)
  })

  test('not as long as there is another group', async () => {
    await make()
    mkdirSync(group)
    await make()
    mkdirSync(`${parent}/test-of-another`)
    rmdirSync(group)
    await remove()
    expect(subtreeControl(root.mountPoint)).toContain(spare)
    rmdirSync(`${parent}/test-of-another`)
    await remove()
    expect(subtreeControl(root.mountPoint)).not.toContain(spare)
  })

  test('not what was handed down before us', async () => {
    writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `+${spare}`)
    await make()
    await remove()
    expect(existsSync(parent)).toBe(false)
    expect(subtreeControl(root.mountPoint)).toContain(spare)
    writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `-${spare}`)
  })

  test('not what somebody else has come to hand down further', async () => {
    await make()
    const other = `${root.mountPoint}/test-of-others`
    mkdirSync(other)
    writeFileSync(`${other}/cgroup.subtree_control`, `+${spare}`)
    await remove()
    expect(existsSync(parent)).toBe(false)
    expect(subtreeControl(root.mountPoint)).toContain(spare)
    rmdirSync(other)
    writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `-${spare}`)
  })

  test('when the program was killed in between too', async () => {
    mkdirSync(`${parent}/+${spare}`, { recursive: true })
    await remove()
    expect(existsSync(parent)).toBe(false)
    mkdirSync(`${parent}/+${spare}`, { recursive: true })
    await make()
    expect(subtreeControl(parent)).toEqual([spare])
    await remove()
    expect(subtreeControl(root.mountPoint)).not.toContain(spare)
  })

  test("what a reader has put into skdocker/ stays, and is no container's", async () => {
    await make()
    const sleeper = await command('sleep', '64').start()
    writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `+${spare}`)
    writeFileSync(`${parent}/cgroup.subtree_control`, `-${spare}`)
    writeFileSync(`${parent}/cgroup.procs`, `${sleeper.pid}`)
    await expect(make()).rejects.toThrow(
      /subtree_control", "\+\w+"\): EBUSY \(.*\): in v2 a group has processes or hands/,
    )
    await sleeper.end()
    await eventually('the end', () => (processesIn(parent).length === 0 ? true : undefined))
    await eventually('its removal', async () => {
      await remove()
      return existsSync(parent) ? undefined : true
    })
  })
})

describe('v2: a root with processes in it, as inside a container', () => {
  const inside = `${root.mountPoint}/test-of-inside`
  const hierarchy = { version: 2, mountPoint: inside } as const

  const expectRefusal = async (controller: string, message: RegExp): Promise<void> => {
    writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `+${controller}`)
    mkdirSync(inside)
    const sleeper = await command('sleep', '65').start()
    writeFileSync(`${inside}/cgroup.procs`, `${sleeper.pid}`)
    try {
      await expect(make(hierarchy, controller)).rejects.toThrow(message)
      await remove(hierarchy)
      expect(existsSync(parentGroupOf(hierarchy))).toBe(false)
      expect(subtreeControl(inside)).toEqual([])
    } finally {
      killAndRemove(inside)
      writeFileSync(`${root.mountPoint}/cgroup.subtree_control`, `-${controller}`)
    }
  }

  test('one line says that processes and groups do not go together', needsController(spare), async () => {
    const message =
      /^write\(".*\/test-of-inside\/cgroup\.subtree_control", "\+\w+"\): EBUSY \(.*\): in v2 .*: move its/
    await expectRefusal(spare, message)
  })

  // A machine that has no v2 controller for threads has nothing to refuse.
  test.each(spareThreaded ? [spareThreaded] : [])('nor with a controller for threads: %s', async controller => {
    const message = /^write\(".*\/cgroup\.subtree_control", "\+\w+"\): EOPNOTSUPP \(.*\): in v2 .*: move its/
    await expectRefusal(controller, message)
  })
})

describe('v2: groups are removed with all that is in them', needsV2(), () => {
  const group = `${root.mountPoint}/test-of-removal`

  test('at once, though they fork', async () => {
    mkdirSync(`${group}/a/b`, { recursive: true })
    const forking = await command('sh', '-c', 'while :; do sleep 0.01 & sleep 0.01; done').start()
    const sleeper = await command('sleep', '66').start()
    writeFileSync(`${group}/cgroup.procs`, `${sleeper.pid}`)
    writeFileSync(`${group}/a/b/cgroup.procs`, `${forking.pid}`)
    expect(processesIn(group)).toEqual(expect.arrayContaining([sleeper.pid, forking.pid]))
    killAndRemove(group)
    expect(existsSync(group)).toBe(false)
    await eventually('their end', () => (isAlive(sleeper.pid) || isAlive(forking.pid) ? undefined : true))
  })

  test('a threaded group', async () => {
    mkdirSync(`${group}/threaded`, { recursive: true })
    writeFileSync(`${group}/threaded/cgroup.type`, 'threaded')
    const sleeper = await command('sleep', '67').start()
    writeFileSync(`${group}/cgroup.procs`, `${sleeper.pid}`)
    writeFileSync(`${group}/threaded/cgroup.threads`, `${sleeper.pid}`)
    expect(processesIn(group)).toEqual([sleeper.pid])
    killAndRemove(group)
    expect(existsSync(group)).toBe(false)
  })

  test('one that is gone is as good', async () => {
    expect(rmdir(`${root.mountPoint}/no-such-group`)).toBe(true)
    killAndRemove(`${root.mountPoint}/no-such-group`)
  })
})
