import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { command, difference, mountinfo, needs, picture, repository, temporaryDirectory, world } from './index.ts'

const little = world('little', ['mount', 'net', 'uts', 'ipc'], 'mount -t tmpfs run /run; ip link set lo up')

const changeBy = async (action: () => Promise<unknown>): Promise<string> => {
  const before = await picture(little)
  await action()
  return difference(before, await picture(little))
}

const inside =
  (...words: string[]) =>
  async () => {
    const { code, stderr } = await command(...words)
      .on(little)
      .run()
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  }

const whereIs = (tool: string): string =>
  execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim()

describe('a picture shows', needs('root', 'ip'), () => {
  test('nothing, when there was nothing', async () => {
    expect(await changeBy(async () => {})).toBe('')
  })

  test('a mount', async () => {
    const change = await changeBy(inside('mount', '-t', 'tmpfs', 'left', '/mnt'))
    expect(change).toMatch(/^ {2}little: mounts\n {4}\+ \/mnt on \/: tmpfs left rw/)
  })

  test('a second mount on the first, like it', async () => {
    const change = await changeBy(inside('mount', '-t', 'tmpfs', 'left', '/mnt'))
    expect(change).toMatch(/^ {2}little: mounts\n {4}\+ \/mnt on \/mnt: tmpfs left rw/)
  })

  test('a changed propagation', async () => {
    expect(await changeBy(inside('mount', '--make-shared', '/mnt'))).toMatch(/- \/mnt .*\n.*\+ \/mnt .* shared:1/)
  })

  test('a mount that has gone', async () => {
    expect(await changeBy(inside('umount', '/mnt'))).toMatch(/- \/mnt on \/mnt: tmpfs left/)
  })

  test('a link with its address and route', async () => {
    const script = 'ip link add left type veth peer gone; ip addr add 192.0.2.1/24 dev left; ip link set left up'
    const change = await changeBy(inside('sh', '-ec', script))
    expect(change).toMatch(/\+ link .*ifname:left/)
    expect(change).toMatch(/\+ address on left .*local:192.0.2.1/)
    expect(change).toMatch(/little: routes\n.*dst:192.0.2.0\/24,dev:left/)
  })

  test.each(['busybox', undefined])('an address, when ip is %s', needs('busybox'), async ip => {
    const path = temporaryDirectory()
    for (const tool of ['sh', 'cat', 'sed', 'nsenter']) symlinkSync(whereIs(tool), join(path, tool))
    if (ip) symlinkSync(join(repository, 'busybox/bin', ip), join(path, 'ip'))
    const look = () => {
      vi.stubEnv('PATH', path)
      return picture(little).finally(() => vi.unstubAllEnvs())
    }
    const before = await look()
    await inside('ip', 'address', 'add', `192.0.2.${ip ? 7 : 8}/32`, 'dev', 'lo')()
    expect(difference(before, await look())).toMatch(/little: links and addresses\n(.*\n)*.*192\.0\.2\.[78]/)
  })

  test('a named network namespace', async () => {
    const change = await changeBy(inside('ip', 'netns', 'add', 'left'))
    expect(change).toMatch(/little: named network namespaces\n {4}\+ left\n/)
  })

  test('IP forwarding', async () => {
    // Where the host forwards, as with Docker, a new network namespace does so too.
    const script = 'file=/proc/sys/net/ipv4/ip_forward; echo $((1 - $(cat $file))) >$file'
    const change = await changeBy(inside('sh', '-c', script))
    expect(change).toMatch(/little: IP forwarding\n/)
  })

  describe.each([
    [
      'nft',
      'add table ip left; add chain ip left c { type filter hook output priority 0; }; add rule ip left c counter',
    ],
    ['iptables', '-A', 'OUTPUT', '-d', '127.0.0.1', '-j', 'ACCEPT'],
    ['iptables-legacy', '-A', 'OUTPUT', '-d', '127.0.0.1', '-j', 'ACCEPT'],
  ])('of %s', (tool, ...args) => {
    test('a rule, and not its counters', needs(tool), async () => {
      expect(await changeBy(inside(tool, ...args))).toMatch(/little: firewall rules\n/)
      const packet = `const s = require('dgram').createSocket('udp4'); s.send('x', 9, '127.0.0.1', () => s.close())`
      expect(await changeBy(inside(process.execPath, '-e', packet))).toBe('')
    })
  })

  test('a message queue, a semaphore set, shared memory', needs('ipcmk'), async () => {
    const change = await changeBy(inside('ipcmk', '--queue', '--semaphore', '1', '--shmem', '1'))
    expect(change).toMatch(/\+ message queue \d+.*\n.*\+ semaphore set \d+.*\n.*\+ shared memory segment \d+/)
  })

  test('a changed hostname', needs('hostname'), async () => {
    expect(await changeBy(inside('hostname', 'left'))).toMatch(/little: hostname\n {4}- .*\n {4}\+ left\n/)
  })

  test('an empty cgroup', async ({ skip }) => {
    const hierarchy = mountinfo().find(({ type }) => type.startsWith('cgroup'))
    if (!hierarchy) return skip('no cgroup hierarchy is mounted')
    const path = join(hierarchy.mountPoint, `skdocker-test-${process.pid}`)
    const change = await changeBy(async () => mkdirSync(path)).finally(() => rmdirSync(path))
    expect(change).toContain(`  cgroups\n    + ${path}\n`)
  })

  test('a process and its namespaces, orphan, unnamed and in a session of its own', async () => {
    const script = 'setsid env -i unshare --uts sleep 98 >/dev/null 2>&1 & echo $!'
    let pid = 0
    const change = await changeBy(async () => {
      pid = Number((await command('sh', '-c', script).run()).stdout)
      await expect.poll(async () => (await command('cat', `/proc/${pid}/comm`).run()).stdout).toBe('sleep\n')
    })
    process.kill(pid, 'SIGKILL')
    expect(change).toContain(`processes\n    + ${pid} (sleep) sleep 98\n`)
    expect(change).toMatch(`namespaces\n    + uts:`)
  })
})

test('a picture shows state left behind', async () => {
  const before = await picture()
  const path = mkdtempSync(join(tmpdir(), 'skdocker-left-'))
  const after = await picture().finally(() => rmdirSync(path))
  expect(difference(before, after)).toBe(`  files\n    + ${path}\n`)
})
