import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  command,
  freshRootfs,
  hostUnchanged,
  mountinfo,
  namespaces,
  needs,
  program,
  readProcess,
  status,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { privateHost } from './programs.ts'

const OWN = ['uts', 'pid', 'mnt', 'net', 'ipc'] as const
const SHARED = ['user', 'cgroup'] as const

/** What `ps -o pid` shows but itself, which is the last. */
const listed = (ps: string): string[] => ps.trimEnd().split(/\s+/).slice(1, -1)

const inNamespaceOf = (pid: number, option: string) => command('nsenter', '--target', `${pid}`, option)

const messageQueues = (text: string): number => text.trimEnd().split('\n').length - 1

const place = privateHost()
hostUnchanged(place)

describe('04-allns/uts.ts', needs('root', 'busybox'), () => {
  test('row 29: a hostname set inside stays inside, and only that is isolated', async () => {
    const container = await startShell('04-allns/uts.ts', ['busybox'])
    const { uts, ...others } = namespaces()
    expect(namespaces(container.init)).toEqual({ ...others, uts: expect.not.stringMatching(escaped(uts)) })
    expect(await container.ask('hostname; hostname inside; hostname')).toBe(`${hostname()}\ninside\n`)
    expect(await hostnameSeenBy(container.init)).toBe('inside\n')
    expect(await hostnameSeenBy(process.pid)).toBe(`${hostname()}\n`)
  })
})

describe.each(['04-allns/main.ts', '04-allns/private-mount.ts'])('%s', file => {
  const needed = needs('root', 'busybox', 'nsenter', 'ip', 'ipcmk')

  test('rows 9, 21, 28, 29, 30: what is isolated and what is not', needed, async () => {
    const rootfs = await freshRootfs()
    const container = await startShell(file, [rootfs], { world: place })
    const { init } = container
    const [inside, host] = [namespaces(init), namespaces(await place.pid())]

    expect(
      OWN.filter(type => inside[type] === host[type]),
      'row 28: namespaces of its own',
    ).toEqual([])
    expect(
      SHARED.filter(type => inside[type] !== host[type]),
      'row 28: namespaces of the host',
    ).toEqual([])

    expect(status(init).NSpid, 'row 9').toMatch(/\t1$/)
    expect(readProcess(init)!.ppid, 'row 9').toBe(container.runtime.pid)
    expect(await container.ask('echo $$ $PPID'), 'row 9').toBe('1 0\n')

    expect(listed(await container.ask('ps -o pid')), 'row 21').toEqual(['1'])

    expect(mountinfo(init)).toMatchObject([{ mountPoint: '/proc', type: 'proc' }])
    expect(await container.ask('mount')).toMatch(/^proc on \/proc type proc \(.*\)\n$/)
    expect(mountinfo(await place.pid()).filter(({ mountPoint }) => mountPoint.startsWith(rootfs))).toEqual([])

    expect(await container.ask('ip addr')).toMatch(/^1: lo: <LOOPBACK> [^\n]*\n +link\/loopback [^\n]*\n$/)
    const [lo, ...more] = JSON.parse((await inNamespaceOf(init, '--net').run(['ip', '-json', 'addr'])).stdout)
    expect([lo, more]).toEqual([expect.objectContaining({ ifname: 'lo', flags: ['LOOPBACK'] }), []])

    expect(await container.ask('hostname inside; hostname'), 'row 29').toBe('inside\n')
    expect([await hostnameSeenBy(init), await hostnameSeenBy(process.pid)]).toEqual(['inside\n', `${hostname()}\n`])

    const before = await command('cat', '/proc/sysvipc/msg').run()
    expect(messageQueues(await container.ask('cat /proc/sysvipc/msg')), 'row 30').toBe(0)
    expect(await inNamespaceOf(init, '--ipc').run(['ipcmk', '--queue'])).toMatchObject({ code: 0 })
    expect(messageQueues(await container.ask('cat /proc/sysvipc/msg')), 'row 30').toBe(1)
    expect((await command('cat', '/proc/sysvipc/msg').run()).stdout, 'row 30').toBe(before.stdout)

    expect(await container.exit(9)).toMatchObject({ code: 9, stderr: '' })
  })
})

describe('04-allns/main.ts', needs('root', 'busybox'), () => {
  test('row 30: a message queue of the host is not seen inside', needs('ipcmk', 'ipcrm'), async () => {
    const { stdout } = await command('ipcmk', '--queue').run()
    try {
      const look = ['busybox', '/bin/cat', '/proc/sysvipc/msg']
      expect(messageQueues((await program('04-allns/main.ts').on(place).run(look)).stdout)).toBe(0)
      expect(messageQueues((await command('cat', '/proc/sysvipc/msg').run()).stdout)).toBeGreaterThan(0)
    } finally {
      await command('ipcrm', '--queue-id', /\d+/.exec(stdout)![0]).run()
    }
  })

  test('row 21: two containers do not see one another, be it in the same root', async () => {
    const both = await Promise.all([1, 2].map(() => startShell('04-allns/main.ts', ['busybox'], { world: place })))
    for (const container of both) {
      expect(listed(await container.ask('ps -o pid'))).toEqual(['1'])
      expect(await container.ask('cd /proc; echo [0-9]*')).toBe('1\n')
    }
  })
})

describe.each(['04-allns/main.ts', '04-allns/private-mount.ts'])('row 23: %s', file => {
  test('a mount inside is not seen outside, nor a later one outside inside', needs('root', 'busybox'), async () => {
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
  })
})

async function hostnameSeenBy(pid: number): Promise<string> {
  return (await inNamespaceOf(pid, '--uts').run(['hostname'])).stdout
}

function escaped(text: string): string {
  return text.replace(/[[\]]/g, '\\$&')
}
