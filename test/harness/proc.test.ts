import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  children,
  command,
  commandOf,
  descendants,
  freshRootfs,
  host,
  initOf,
  limits,
  mountinfo,
  namespaces,
  needs,
  openDescriptors,
  processes,
  readProcess,
  signals,
  status,
  temporaryDirectory,
  world,
} from './index.ts'

describe('the process table', () => {
  test('has this process, its parent, and no kernel threads', () => {
    const own = processes().find(({ pid }) => pid === process.pid)
    expect(own).toMatchObject({ ppid: process.ppid, state: 'R' })
    expect(processes().some(({ comm }) => comm === 'kthreadd')).toBe(false)
  })

  test('copes with a name full of blanks and brackets', async () => {
    const path = join(temporaryDirectory(), 'a) R 1 (b')
    symlinkSync('/bin/sleep', path)
    const { pid } = await command(path, '91').start()
    await expect.poll(() => readProcess(pid)).toMatchObject({ comm: 'a) R 1 (b', ppid: process.pid, session: pid })
  })

  test('children and descendants, nearest first', async () => {
    const top = await command('sh', '-c', 'sleep 92 & sh -c "sleep 93 & wait" & wait').start()
    await expect.poll(() => descendants(top.pid).map(({ comm }) => comm)).toEqual(['sleep', 'sh', 'sleep'])
    expect(children(top.pid).map(({ comm }) => comm)).toEqual(['sleep', 'sh'])
  })
})

describe('facts about a process', () => {
  test('signals, limits and descriptors', async () => {
    const script = 'trap "" PIPE; trap : USR1; ulimit -Sn 222; exec 8>>/dev/null; echo ready; read x'
    const live = await command('sh', '-c', script).start()
    await live.stdout.waitFor('ready')
    expect(signals(live.pid)).toMatchObject({ blocked: [], ignored: ['SIGPIPE'] })
    expect(signals(live.pid).caught).toContain('SIGUSR1')
    expect(limits(live.pid)['Max open files']!.soft).toBe(222)
    expect(limits()['Max address space']!.hard).toBe(Number.POSITIVE_INFINITY)
    expect(openDescriptors(live.pid)).toContainEqual({ fd: 8, target: '/dev/null', flags: 0o102001 })
    expect(status(live.pid).Name).toBe('sh')
  })

  test('namespaces are equal when shared and differ when not', needs('root'), async () => {
    const live = await command('unshare', '--uts', 'sleep', '94').start()
    await expect.poll(() => namespaces(live.pid).uts).not.toBe(namespaces().uts)
    expect(namespaces(live.pid).ipc).toBe(namespaces().ipc)
    expect(namespaces().uts).toMatch(/^uts:\[\d+\]$/)
  })
})

const freshDirectory = async (name: string): Promise<string> => {
  const path = join(temporaryDirectory(), name)
  await command('mkdir', path).on(host).run()
  return path
}

test('mounts, with odd names', needs('root'), async () => {
  const point = await freshDirectory('a b\\c,é')
  const odd = world('odd mounts', ['mount'])
  await command('mount', '-t', 'tmpfs', '-o', 'noexec,size=4k', 'a name', point).on(odd).run()
  expect(mountinfo(await odd.pid()).at(-1)).toMatchObject({
    mountPoint: point,
    source: 'a name',
    type: 'tmpfs',
    root: '/',
    options: expect.arrayContaining(['noexec']),
    superOptions: expect.arrayContaining(['size=4k']),
  })
  expect(mountinfo().some(({ mountPoint }) => mountPoint === point)).toBe(false)
})

describe('the first process of a container', needs('root'), () => {
  test('by its root', needs('busybox'), async () => {
    const rootfs = await freshRootfs()
    const shell = await command('sh', '-c', `chroot ${rootfs} /bin/sleep 95; true`).start()
    const init = await initOf(shell)
    expect(readProcess(init)).toMatchObject({ comm: 'sleep', ppid: shell.pid })
  })

  test('by its namespaces, below wrappers', async () => {
    const shell = await command('sh', '-c', 'sh -c "unshare -pf sleep 96; true"; true').start()
    expect(status(await initOf(shell, { root: 'host' })).NSpid).toMatch(/\t1$/)
  })

  test('is missed when there is none', async () => {
    const shell = await command('sh', '-c', 'sleep 97; true').start()
    expect(readProcess(await commandOf(shell))!.comm).toBe('sleep')
    await expect(initOf(shell, { timeout: 100 })).rejects.toThrow(
      /^the first process of a container: not seen within/,
    )
  })
})
