import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { deviceNumbers } from '#native/mountinfo.ts'
import { findHierarchy, hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { temporaryDirectory } from '../../harness/index.ts'

/** A machine's mounts, in a directory: each is mounted where it says, and v2 carries these controllers. */
const machine = async (
  ...mounts: { at: string; v1?: string; v2?: string; options?: string; device?: string }[]
) => {
  const root = await temporaryDirectory()
  const device = deviceNumbers(statSync(root, { bigint: true }).dev).join(':')
  const lines = mounts.map(({ at, v1, v2, options = 'rw', device: other }, index) => {
    const mountPoint = join(root, at)
    mkdirSync(mountPoint, { recursive: true })
    if (v2 !== undefined) writeFileSync(join(mountPoint, 'cgroup.controllers'), `${v2}\n`)
    const what = v2 === undefined ? `cgroup cgroup rw,${v1}` : 'cgroup2 cgroup2 rw,nsdelegate'
    const path = mountPoint.replaceAll(' ', '\\040')
    return `${index + 30} 23 ${other ?? device} / ${path} ${options},nosuid shared:9 - ${what}`
  })
  const others = [
    '23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,cpu',
    '29 23 0:28 / /memory rw - tmpfs cpu rw',
  ]
  return { mountinfo: `${[...others, ...lines].join('\n')}\n`, path: (at: string) => join(root, at) }
}

describe('which hierarchy carries a controller', () => {
  test('v1: the one whose super options name it', async () => {
    const { mountinfo, path } = await machine(
      { at: 'memory', v1: 'cpu,cpuacct' },
      { at: 'cpu', v1: 'memory' },
      { at: 'systemd', v1: 'xattr,name=pids' },
      { at: 'tasks', v1: 'pids' },
    )
    expect(hierarchyOf('cpu', mountinfo)).toEqual({ version: 1, mountPoint: path('memory') })
    expect(hierarchyOf('memory', mountinfo)).toEqual({ version: 1, mountPoint: path('cpu') })
    expect(hierarchyOf('pids', mountinfo)).toEqual({ version: 1, mountPoint: path('tasks') })
  })

  test('v2: the one that has it in cgroup.controllers', async () => {
    const { mountinfo, path } = await machine({ at: 'a b', v2: 'cpuset cpu io memory pids' })
    for (const controller of ['cpu', 'memory', 'pids'])
      expect(hierarchyOf(controller, mountinfo)).toEqual({ version: 2, mountPoint: path('a b') })
  })

  test('both: whichever has it, and v2 when both do', async () => {
    const { mountinfo, path } = await machine(
      { at: 'cpu', v1: 'cpu' },
      { at: 'memory', v1: 'memory' },
      { at: 'unified', v2: 'memory hugetlb' },
    )
    expect(hierarchyOf('cpu', mountinfo)).toEqual({ version: 1, mountPoint: path('cpu') })
    expect(hierarchyOf('memory', mountinfo)).toEqual({ version: 2, mountPoint: path('unified') })
  })

  test('v2 without controllers carries nothing', async () => {
    const { mountinfo } = await machine({ at: 'unified', v2: '' })
    expect(findHierarchy('cpu', mountinfo)).toBeUndefined()
  })

  test('one that lies hidden under another mount does not count', async () => {
    const { mountinfo } = await machine({ at: 'cpu', v1: 'cpu', device: '0:999' })
    expect(findHierarchy('cpu', mountinfo)).toBeUndefined()
  })

  test('one that is no longer there does not count', () => {
    expect(findHierarchy('cpu', '30 23 0:29 / /no/such/place rw - cgroup cgroup rw,cpu')).toBeUndefined()
  })

  test('of two mounts the writable one', async () => {
    const { mountinfo, path } = await machine(
      { at: 'first', v1: 'cpu', options: 'ro' },
      { at: 'second', v1: 'cpu' },
    )
    expect(hierarchyOf('cpu', mountinfo).mountPoint).toBe(path('second'))
  })
})

describe('a controller that is not to be had is one line: which, and what to do', () => {
  test('none carries it', async () => {
    const { mountinfo } = await machine({ at: 'cpu', v1: 'cpu' })
    expect(() => hierarchyOf('memory', mountinfo)).toThrow(
      /^no cgroup hierarchy .* the controller memory: (".*mount -t cgroup|boot with cgroup_enable=memory|.*on the host itself)/,
    )
  })

  test('read-only', async () => {
    const { mountinfo, path } = await machine({ at: 'cgroup', v2: 'cpu', options: 'ro' })
    expect(() => hierarchyOf('cpu', mountinfo)).toThrow(
      `the controller cpu is mounted read-only at ${path('cgroup')}, as it is inside a container: run this on the host itself, or "mount -o remount,bind,rw ${path('cgroup')}"`,
    )
  })
})
