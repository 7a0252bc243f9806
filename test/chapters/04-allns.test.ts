import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  command,
  freshRootfs,
  hostUnchanged,
  mountinfo,
  namespaces,
  needs,
  ours,
  program,
  status,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { OWN_NAMESPACES, privateHost } from './programs.ts'

const OWN = ['uts', 'pid', 'mnt', 'net', 'ipc'] as const
const SHARED = ['user', 'cgroup'] as const

/** What `ps -o pid` shows but itself, which is the last. */
const listed = (ps: string): string[] => ps.trimEnd().split(/\s+/).slice(1, -1)

const inNamespaceOf = (pid: number, option: string) => command('nsenter', '--target', `${pid}`, option)

/** How many /proc/sysvipc/msg lists. It has a heading also when there is none: without one nobody has looked. */
const messageQueues = (text: string): number => {
  const [heading, ...queues] = text.trimEnd().split('\n')
  expect(heading).toMatch(/^ +key +msqid /)
  return queues.length
}

const place = privateHost()
hostUnchanged(place)

const escaped = (text: string): string => text.replace(/[[\]]/g, '\\$&')

const hostnameSeenBy = async (pid: number): Promise<string> =>
  (await inNamespaceOf(pid, '--uts').run(['hostname'])).stdout

describe('04-allns/uts.ts', ours(needs('root', 'busybox')), () => {
  test('a hostname set inside stays inside, and only that is isolated (row 29)', async () => {
    const container = await startShell('04-allns/uts.ts', ['busybox'])
    const { uts, ...others } = namespaces()
    expect(namespaces(container.init)).toEqual({ ...others, uts: expect.not.stringMatching(escaped(uts)) })
    expect(await container.ask('hostname; hostname inside; hostname')).toBe(`${hostname()}\ninside\n`)
    expect(await hostnameSeenBy(container.init)).toBe('inside\n')
    expect(await hostnameSeenBy(process.pid)).toBe(`${hostname()}\n`)
  })
})

describe.each(OWN_NAMESPACES)('%s', file => {
  const needed = needs('root', 'busybox', 'nsenter', 'ip', 'ipcmk')

  const start = (rootfs = 'busybox') => startShell(file, [rootfs], { world: place })

  test(
    'uts, pid, mount, network and ipc namespaces are its own, the others the host’s (row 28)',
    needed,
    async () => {
      const { init } = await start()
      const [inside, host] = [namespaces(init), namespaces(await place.pid())]
      expect(OWN.filter(type => inside[type] === host[type])).toEqual([])
      expect(SHARED.filter(type => inside[type] !== host[type])).toEqual([])
    },
  )

  test('its first process is process 1 with the parent 0 (row 9)', needed, async () => {
    const container = await start()
    expect(status(container.init).NSpid).toMatch(/\t1$/)
    expect(await container.ask('echo $$ $PPID')).toBe('1 0\n')
  })

  test('ps shows what runs inside and nothing else (row 21)', needed, async () => {
    expect(listed(await (await start()).ask('ps -o pid'))).toEqual(['1'])
  })

  test('of mounts there is its /proc, which the host does not see (row 22)', needed, async () => {
    const rootfs = await freshRootfs()
    const container = await start(rootfs)
    // Who calls pivot_root(2) has mounted a root, too.
    const mounts = mountinfo(container.init).filter(({ mountPoint }) => mountPoint !== '/')
    expect(mounts).toMatchObject([{ mountPoint: '/proc', type: 'proc' }])
    expect(await container.ask('mount | grep -v " on / "')).toMatch(/^proc on \/proc type proc \(.*\)\n$/)
    expect(mountinfo(await place.pid()).filter(({ mountPoint }) => mountPoint.startsWith(rootfs))).toEqual([])
  })

  test('of network devices there is the loopback, which is down', needed, async () => {
    const container = await start()
    expect(await container.ask('ip addr')).toMatch(/^1: lo: <LOOPBACK> [^\n]*\n +link\/loopback [^\n]*\n$/)
    const { stdout } = await inNamespaceOf(container.init, '--net').run(['ip', '-json', 'addr'])
    const [lo, ...more] = JSON.parse(stdout)
    expect([lo, more]).toEqual([expect.objectContaining({ ifname: 'lo', flags: ['LOOPBACK'] }), []])
  })

  test('a hostname set inside stays inside (row 29)', needed, async () => {
    const container = await start()
    // A program that isolates nothing would have the host renamed.
    expect(namespaces(container.init).uts).not.toBe(namespaces().uts)
    expect(await container.ask('hostname inside; hostname')).toBe('inside\n')
    const seen = [await hostnameSeenBy(container.init), await hostnameSeenBy(process.pid)]
    expect(seen).toEqual(['inside\n', `${hostname()}\n`])
  })

  test('a message queue made inside stays inside (row 30)', needed, async () => {
    const container = await start()
    const before = await command('cat', '/proc/sysvipc/msg').run()
    expect(messageQueues(await container.ask('cat /proc/sysvipc/msg'))).toBe(0)
    expect(await inNamespaceOf(container.init, '--ipc').run(['ipcmk', '--queue'])).toMatchObject({ code: 0 })
    expect(messageQueues(await container.ask('cat /proc/sysvipc/msg'))).toBe(1)
    expect((await command('cat', '/proc/sysvipc/msg').run()).stdout).toBe(before.stdout)
  })

  test('it ends with the exit code of its shell (row 1)', needed, async () => {
    expect(await (await start()).exit(9)).toMatchObject({ code: 9, stderr: '' })
  })
})

describe('04-allns/main.ts', needs('root', 'busybox'), () => {
  test('a message queue of the host is not seen inside (row 30)', needs('ipcmk', 'ipcrm'), async () => {
    const { stdout } = await command('ipcmk', '--queue').run()
    try {
      const look = ['busybox', '/bin/cat', '/proc/sysvipc/msg']
      const seen = await program('04-allns/main.ts').on(place).run(look)
      expect(seen).toMatchObject({ code: 0, stderr: '' })
      expect(messageQueues(seen.stdout)).toBe(0)
      expect(messageQueues((await command('cat', '/proc/sysvipc/msg').run()).stdout)).toBeGreaterThan(0)
    } finally {
      await command('ipcrm', '--queue-id', /\d+/.exec(stdout)![0]).run()
    }
  })

  test('two containers do not see one another, be it in the same root (row 21)', async () => {
    const both = await Promise.all([1, 2].map(() => startShell('04-allns/main.ts', ['busybox'], { world: place })))
    for (const container of both) {
      expect(listed(await container.ask('ps -o pid'))).toEqual(['1'])
      expect(await container.ask('cd /proc; echo [0-9]*')).toBe('1\n')
    }
  })
})

describe.each(OWN_NAMESPACES)('%s', file => {
  test(
    'a mount inside is not seen outside, nor a later one outside inside (row 23)',
    needs('root', 'busybox'),
    async () => {
      const rootfs = await freshRootfs()
      const container = await startShell(file, [rootfs], { world: place })
      await container.ask('mount -t tmpfs inner /tmp')
      expect(mountinfo(await place.pid()).filter(({ source }) => source === 'inner')).toEqual([])
      expect(mountinfo(container.init).map(({ mountPoint }) => mountPoint)).toEqual(['/proc', '/tmp'])
      await command('mount', '-t', 'tmpfs', 'outer', `${rootfs}/var`).on(place).run()
      try {
        expect(mountinfo(container.init).filter(({ source }) => source === 'outer')).toEqual([])
        expect(await container.ask('mount')).not.toContain('outer')
      } finally {
        await command('umount', `${rootfs}/var`).on(place).run()
      }
    },
  )
})
