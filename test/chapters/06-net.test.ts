import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  freshRootfs,
  hostUnchanged,
  initOf,
  mountinfo,
  namespaces,
  needs,
  requireSuccess,
} from '../harness/index.ts'
import {
  chapter,
  HOST,
  machine,
  main,
  output,
  ports,
  RESOLV_CONF,
  resetBridgeAfterFailure,
  SERVER,
  withBridge,
  withInternet,
} from './06-net-world.ts'

const rootfs = 'busybox'
const inside = (script: string): string[] => [rootfs, '/bin/sh', '-c', script]
const ask = (server: string): string => `nc -w 5 ${server} 80 </dev/null`

const devices = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort"

/** A container that is there until its input ends. */
const waiting = async (...options: string[]) => {
  const container = await main.start([...options, ...inside('ip -4 -o address show eth0; cat')])
  const [, address = ''] = await container.stdout.waitFor(/inet ([\d.]+)\//)
  return { container, address }
}

withInternet()
resetBridgeAfterFailure()

const world = needs('root', 'busybox', 'ip', 'iptables or nft')

describe('without a bridge', world, () => {
  hostUnchanged(machine)

  test('the command does not run, and one line says what to do', async () => {
    expect(await main.run(inside('echo ran'))).toMatchObject({
      code: 125,
      stdout: '',
      stderr: expect.stringMatching(/^skdocker: there is no bridge skdocker0 .*init-net\.ts"\n$/),
    })
  })

  test('none: loopback only, and up (row 36)', async () => {
    const result = await main.run([
      '--network',
      'none',
      ...inside(`${devices}; ping -c 1 -W 2 127.0.0.1; ip route`),
    ])
    expect(requireSuccess(result)).toMatch(/^lo\nPING .*, 1 packets received[^\n]*\n[^\n]*$/s)
  })

  test.each([['main.ts', '--network', 'host'], ['host-net.ts']])(
    'host: %s shows its devices (row 37)',
    async (file, ...options) => {
      const container = await chapter(file).start([...options, ...inside(`${devices}; echo all; cat`)])
      await container.stdout.waitFor('all')
      expect(namespaces(await initOf(container)).net).toBe(namespaces(await machine.pid()).net)
      container.endInput()
      expect(requireSuccess(await container.exit())).toBe(`${await output(devices)}\nall`)
      expect(await output(devices)).toBe('eth0\nlo')
    },
  )

  test.each([
    [['--network', 'bride'], '--network "bride": it takes none, host or bridge'],
    [['--network', ''], '--network "": it takes none, host or bridge'],
  ])('%j is refused', async (options, message) => {
    const { code, stderr } = await main.run([...options, '--', ...inside('echo ran')])
    expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining(message) })
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('bridge (row 38)', world, () => {
  withBridge()
  hostUnchanged(machine)

  test('the container has an address, a way out, and no device of the host', async () => {
    const stdout = requireSuccess(await main.run(inside(`${devices}; ip -4 -o address; ip route`)))
    expect(stdout).toMatch(/^eth0\nlo\n/)
    expect(stdout).toMatch(/inet 172\.16\.0\.2\/16 brd 172\.16\.255\.255 /)
    expect(stdout).toMatch(/inet 127\.0\.0\.1\/8 /)
    expect(stdout).toMatch(/\ndefault via 172\.16\.0\.1 dev eth0/)
  })

  test('container → host', async () => {
    requireSuccess(await main.run(inside(`ping -c 1 -W 5 172.16.0.1 && ping -c 1 -W 5 ${HOST}`)))
  })

  test('container → internet: the server sees the address of the host', async () => {
    expect(requireSuccess(await main.run(inside(ask(SERVER))))).toBe(HOST)
  })

  test('host → container, container ↔ container, under their own addresses', async () => {
    const { container, address } = await waiting()
    await output(`busybox/bin/busybox ping -c 1 -W 5 ${address}`)
    const listener = await main.start(inside('ip -4 -o address show eth0; nc -l -p 7000'))
    const [, other = ''] = await listener.stdout.waitFor(/inet ([\d.]+)\//)
    expect(other).not.toBe(address)
    requireSuccess(
      await main.run(inside(`until echo from $(hostname) | nc -w 5 ${other} 7000; do sleep 0.1; done`)),
    )
    expect(requireSuccess(await listener.exit())).toMatch(/\nfrom /)
    requireSuccess(await main.run(inside(`ping -c 1 -W 5 ${address}`)))
    container.endInput()
    requireSuccess(await container.exit())
  })

  test('the network namespace is its own, and the device names fit the kernel', async () => {
    const { container } = await waiting()
    expect(namespaces(await initOf(container)).net).not.toBe(namespaces(await machine.pid()).net)
    expect(await ports()).toEqual([expect.stringMatching(/^veth[0-9a-f]{7}$/)])
    container.endInput()
    requireSuccess(await container.exit())
  })

  test('limits go with it', needs('cgroup:pids'), async () => {
    const { container } = await waiting('--pids', '20')
    const init = await initOf(container)
    expect(readFileSync(`/proc/${init}/cgroup`, 'utf8')).toMatch(/:.*\/skdocker\//)
    container.endInput()
    requireSuccess(await container.exit())
  })
})

describe('names (row 41)', world, () => {
  withBridge()
  hostUnchanged(machine)

  const lookUp = `cat /etc/resolv.conf; ${ask('duck')}`

  test.each([['bridge'], ['host']])('%s: they resolve, by the domain to search too', async network => {
    expect(requireSuccess(await main.run(['--network', network, ...inside(lookUp)]))).toBe(
      `${RESOLV_CONF}${HOST}`.trim(),
    )
  })

  test('none: they do not', async () => {
    expect(await main.run(['--network', 'none', ...inside(lookUp)])).toMatchObject({
      code: 1,
      stdout: RESOLV_CONF,
      stderr: expect.stringContaining('bad address'),
    })
  })

  test('veth.ts and host-net.ts likewise', async () => {
    for (const file of ['veth.ts', 'host-net.ts'])
      expect(requireSuccess(await chapter(file).run(inside(lookUp)))).toBe(`${RESOLV_CONF}${HOST}`.trim())
  })

  const resolvConf = async (text: string, network: string): Promise<string> => {
    await output(`cat >/run/resolv.conf <<'END'\n${text}END`)
    const stdout = requireSuccess(await main.run(['--network', network, ...inside('cat /etc/resolv.conf')]))
    await output(`cat >/run/resolv.conf <<'END'\n${RESOLV_CONF}END`)
    return stdout
  }

  const loopback =
    'nameserver 127.0.0.1\nnameserver ::1\n# a comment\nsearch lan\nnameserver 192.0.2.53\noptions ndots:2\n'

  test('nameservers that only the host can reach are left out, all else stays', async () => {
    const left = '# a comment\nsearch lan\nnameserver 192.0.2.53\noptions ndots:2'
    expect(await resolvConf(loopback, 'bridge')).toBe(left)
    expect(await resolvConf(loopback, 'none')).toBe(left)
    expect(await resolvConf(loopback, 'host')).toBe(loopback.trim())
  })

  test('where none is left there are those of Docker', async () => {
    expect(await resolvConf('nameserver 127.0.0.1\nsearch lan\n', 'bridge')).toBe(
      'nameserver 8.8.8.8\nnameserver 8.8.4.4\nsearch lan',
    )
    expect(await resolvConf('', 'bridge')).toBe('nameserver 8.8.8.8\nnameserver 8.8.4.4')
  })

  test('behind systemd-resolved there are those it asks itself', async () => {
    const stub = 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n'
    await output('mkdir -p /run/systemd/resolve; echo nameserver 192.0.2.54 >/run/systemd/resolve/resolv.conf')
    expect(await resolvConf(stub, 'bridge')).toBe('nameserver 192.0.2.54')
    expect(await resolvConf(stub, 'host')).toBe(stub.trim())
    await output('rm -r /run/systemd')
    expect(await resolvConf(stub, 'bridge')).toMatch(/^nameserver 8\.8\.8\.8\n/)
  })

  test('the file is read-only, for everybody to read under any umask, and on the host there is none', async () => {
    const look = 'umask; stat -c %a /etc/resolv.conf; echo x >>/etc/resolv.conf'
    const before = readdirSync(tmpdir())
    const { stdout, stderr } = await main.run(['--network', 'none', ...inside(look)], { setup: 'umask 077' })
    expect(stdout).toBe('0077\n644\n')
    expect(stderr).toContain('Read-only file system')
    expect(readdirSync(tmpdir())).toEqual(before)
    expect(readFileSync('busybox/etc/resolv.conf', 'utf8')).toBe('')
  })

  test('it is the only mount that is left of it', async () => {
    const container = await main.start(['--network', 'none', ...inside('echo started; cat')])
    await container.stdout.waitFor('started')
    const mounts = mountinfo(await initOf(container)).filter(({ type }) => type === 'tmpfs' || type === 'proc')
    expect(mounts.filter(({ source }) => source === 'resolv.conf')).toHaveLength(1)
    container.endInput()
    requireSuccess(await container.exit())
  })

  test('a root filesystem without such a file stays without', async () => {
    const own = await freshRootfs()
    await rm(join(own, 'etc/resolv.conf'))
    requireSuccess(await main.run(['--network', 'none', own, '/bin/sh', '-c', 'test ! -e /etc/resolv.conf']))
    await rm(join(own, 'etc'), { recursive: true })
    requireSuccess(await main.run(['--network', 'none', own, '/bin/sh', '-c', 'ls /proc/1/status']))
  })
})
