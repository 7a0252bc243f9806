import { readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import {
  children,
  command,
  eventually,
  freshRootfs,
  hostUnchanged,
  initOf,
  isAlive,
  namespaces,
  needs,
  ours,
  program,
  readProcess,
  status,
} from '../harness/index.ts'
import { Container, startShell } from './container.ts'
import { privateHost } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

describe('04-allns/unshare.ts', ours(needs('root', 'hostname')), () => {
  const unshare = program('04-allns/unshare.ts')

  test('the child has a hostname of its own, which its own child shares', async () => {
    const before = hostname()
    const starter = await unshare.start(['sh'])
    const child = new Container(starter, await initOf(starter, { root: 'host' }))
    expect(await child.ask('hostname')).toBe(`${before}\n`)
    expect(await child.ask('hostname child; hostname')).toBe('child\n')
    // A grandchild that stays, so that the kernel can be asked about it.
    starter.write(`sh -c 'hostname; hostname grandchild; read go; exit 0'; echo "[done $?]"\n`)
    await starter.stdout.waitFor(/^child\n/)
    const grandchild = children(child.init)[0]!.pid

    const { uts, ...others } = namespaces()
    const unshared = namespaces(child.init)
    expect(unshared.uts).not.toBe(uts)
    expect(unshared).toEqual({ ...others, uts: unshared.uts })
    expect(namespaces(grandchild)).toEqual(unshared)
    starter.write('go\n')
    await starter.stdout.waitFor('[done 0]\n')
    expect(await child.ask('hostname')).toBe('grandchild\n')
    expect([hostname(), (await command('hostname').run()).stdout]).toEqual([before, `${before}\n`])
    expect(await child.exit(8)).toMatchObject({ code: 8, stderr: '' })
  })

  test('a command that is not there (row 3)', async () => {
    const { code, stderr } = await unshare.run(['no-such-command'])
    expect({ code, stderr }).toEqual({
      code: 127,
      stderr: expect.stringMatching(/^[^\n]*no-such-command[^\n]*\n$/),
    })
  })
})

describe('04-allns/setns.ts', ours(needs('root', 'busybox')), () => {
  const setns = program('04-allns/setns.ts').on(place)

  test('enters the namespaces and the root of a running container', async () => {
    const rootfs = await freshRootfs()
    const container = await startShell('04-allns/main.ts', [rootfs], { world: place })
    await container.ask('hostname inside; mount -t tmpfs inner /tmp; ip link set lo up')
    const starter = await setns.start([`${container.init}`, '/bin/sh'])
    const guest = new Container(starter, await initOf(starter))
    expect(await guest.ask('hostname; pwd; grep -c inner /proc/mounts')).toBe('inside\n/\n1\n')
    expect(await guest.ask('ip addr show lo')).toContain('LOOPBACK,UP')

    expect(namespaces(guest.init)).toEqual(namespaces(container.init))
    expect(readlinkSync(`/proc/${guest.init}/root`)).toBe(readlinkSync(`/proc/${container.init}/root`))
    expect(statSync(`/proc/${guest.init}/root/`).ino).toBe(statSync(rootfs).ino)

    // Not the first process there, and its parent is no process of the container.
    const inner = /\t(\d+)$/.exec(status(guest.init).NSpid!)![1]
    expect(await guest.ask('echo $$ $PPID')).toBe(`${inner} 0\n`)
    expect(Number(inner)).toBeGreaterThan(1)
    expect(await container.ask('ps -o pid')).toMatch(new RegExp(`^ *${inner}$`, 'm'))
    expect(await guest.exit(11)).toMatchObject({ code: 11, stderr: '' })
    expect(isAlive(container.init)).toBe(true)
  })

  test('its exit codes, and its end with its own program (rows 3, 4, 11)', async () => {
    const { init } = await startShell('04-allns/main.ts', ['busybox'], { world: place })
    const codes = [
      ['/bin/true', 0],
      ['/no/such', 127],
      ['/bin', 126],
    ] as const
    for (const [path, code] of codes) expect(await setns.run([`${init}`, path])).toMatchObject({ code })
    const live = await setns.start([`${init}`, '/bin/sleep', '60'])
    const sleeping = await eventually(
      'sleep',
      () => children(live.pid).find(({ comm, state }) => comm === 'sleep' && state !== 'Z'),
      { program: live },
    )
    live.kill('SIGKILL')
    await eventually('the end of sleep', () => (isAlive(sleeping.pid) ? undefined : true))
    expect(isAlive(init)).toBe(true)
  })

  test('the container ends, and what was started in it too', async () => {
    const container = await startShell('04-allns/main.ts', ['busybox'], { world: place })
    const live = await setns.start([`${container.init}`, '/bin/sleep', '60'])
    await eventually('sleep', () => children(live.pid).find(({ comm }) => comm === 'sleep'), { program: live })
    await container.exit()
    expect(await live.exit()).toMatchObject({ code: 137 })
  })

  test('what is no pid of a process (row 5)', async () => {
    const ended = await command('true').start()
    await ended.exit()
    expect(readProcess(ended.pid)).toBeUndefined()
    const bad = ['abc', '1.5', '', '-1', '0', '0x10', '99999999999', `${ended.pid}`]
    const outcomes = await Promise.all(
      bad.map(async pid => {
        const { stdout, stderr, code } = await setns.run(['--', pid, 'echo', 'never'])
        return [pid, { stdout, stderr, code }]
      }),
    )
    const refused = {
      stdout: '',
      stderr: expect.stringMatching(/^(?=[^\n]*\n$)(?!.*C int).*(pid|process)/i),
      code: 125,
    }
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(bad.map(pid => [pid, refused])))
  })

  test('a process in this very world is no container (row 5)', async () => {
    const { code, stderr } = await setns.run([`${process.pid}`, '/no/such'])
    expect({ code, stderr }).toEqual({ code: 127, stderr: expect.stringMatching(/^[^\n]+\n$/) })
  })
})
