import { describe, expect, test } from 'vitest'
import {
  command,
  expectSameHost,
  hostUnchanged,
  needs,
  type Picture,
  picture,
  requireSuccess,
} from '../harness/index.ts'
import {
  HOST,
  initNet,
  internet,
  machine,
  main,
  onlyThese,
  output,
  resetBridgeAfterFailure,
  SERVER,
  untilTestEnds,
  withInternet,
} from './06-net-world.ts'

withInternet()
hostUnchanged(machine)
resetBridgeAfterFailure()

const ask = ['busybox', '/bin/nc', '-w', '5', SERVER, '80']

const up = async (...options: string[]): Promise<string> => requireSuccess(await initNet.run(options))
const down = async (): Promise<string> => requireSuccess(await initNet.run(['--down']))
const address = (device = 'skdocker0'): Promise<string> =>
  output(`ip -4 -o address show dev ${device} | awk '{print $4}'`)
const ipForward = (): Promise<string> => output('cat /proc/sys/net/ipv4/ip_forward')

/** Runs init-net.ts with options that it must refuse, and returns its one line on stderr. */
const refused = async (...options: string[]): Promise<string> => {
  const { code, stdout, stderr } = await initNet.run(options)
  expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 125, stdout: '', lines: 1 })
  return stderr.trim()
}

const world = needs('root', 'busybox', 'ip', 'iptables or nft')

describe('the bridge', world, () => {
  test('has the first address of the subnet; all of it is taken back', async () => {
    await up()
    expect(await address()).toBe('172.16.0.1/16')
    expect(await output('ip -4 -o address show dev skdocker0')).toContain(' brd 172.16.255.255 ')
    expect(await ipForward()).toBe('1')
    expect(await output('ip -o link show dev skdocker0')).toContain('alias skdocker: ip_forward was 0')
    await down()
  })

  test('again and again is the same as once, up and down', async () => {
    await down()
    await up()
    const once = await picture(machine)
    await up()
    await up('--subnet', '172.16.0.0/16')
    expectSameHost(once, await picture(machine))
    await down()
    await down()
  })

  test('five at once are the same as one', async () => {
    await up()
    const once = await picture(machine)
    await down()
    for (const result of await Promise.all(Array.from({ length: 5 }, () => initNet.run()))) requireSuccess(result)
    expectSameHost(withoutIndexes(once), withoutIndexes(await picture(machine)))
    for (const result of await Promise.all(Array.from({ length: 5 }, () => initNet.run(['--down']))))
      requireSuccess(result)
  })

  test('ip_forward stays on where it was on', async () => {
    await untilTestEnds('echo 1 >/proc/sys/net/ipv4/ip_forward', 'echo 0 >/proc/sys/net/ipv4/ip_forward')
    await up()
    await up()
    await down()
    expect(await ipForward()).toBe('1')
  })

  test('what a killed program did not finish is finished, and taken back', async () => {
    await output('ip link add skdocker0 address 02:42:ac:10:00:01 type bridge')
    expect(await main.run(['busybox', '/bin/true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('init-net'),
    })
    await up()
    expect(await address()).toBe('172.16.0.1/16')
    requireSuccess(await main.run(['busybox', '/bin/true']))
    await down()
  })

  test.each([
    ['a bridge', 'ip link add skdocker0 type bridge'],
    [
      'a bridge in use',
      'ip link add skdocker0 type bridge; ip address add 10.99.0.1/24 dev skdocker0; ip link set skdocker0 up',
    ],
    ['a bridge with an alias', 'ip link add skdocker0 type bridge; ip link set skdocker0 alias "of the lab"'],
    ['a cable', 'ip link add skdocker0 type veth peer name other1'],
  ])('%s of the same name, which somebody else has made, is refused and named (row 55)', async (_, make) => {
    await untilTestEnds(make, 'for name in skdocker0 other0; do ip link delete $name 2>/dev/null || true; done')
    const look = 'ip address; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward'
    const before = await output(look)
    const [refusal, toGoDown] = [await refused(), await refused('--down')]
    expect(toGoDown).toBe(refusal)
    expect(await main.run(['busybox', '/bin/true'])).toMatchObject({
      code: 125,
      stdout: '',
      stderr: `${refusal}\n`,
    })
    expect(await output(look)).toBe(before)
    const [, cure = ''] =
      /^skdocker: there is a device skdocker0 that skdocker did not make, .*: rename it with "(.*)"$/.exec(
        refusal,
      ) ?? []
    await output(cure)
    await up()
    requireSuccess(await main.run(['busybox', '/bin/true']))
    await down()
    expect(await output('ip -o link show dev other0')).toContain('other0')
  })

  test('rules that are left of a bridge deleted by hand go with --down', async () => {
    await up()
    await output('ip link delete skdocker0; echo 0 >/proc/sys/net/ipv4/ip_forward')
    await down()
  })

  test('rules of which somebody has removed a part go with --down', needs('iptables'), async () => {
    await up()
    const chain = 'SKDOCKER-skdocker0'
    await output(`
      iptables -D FORWARD -j ${chain}
      iptables -t nat -D POSTROUTING -j ${chain}; iptables -t nat -F ${chain}; iptables -t nat -X ${chain}`)
    await down()
    expect(await output('iptables-save | grep SKDOCKER || true')).toBe('')
  })

  test('it is not taken from under a container', async () => {
    await up()
    const container = await main.start(['busybox', '/bin/sh', '-c', 'echo started; cat'])
    await container.stdout.waitFor('started')
    expect(await initNet.run(['--down'])).toMatchObject({
      code: 125,
      stderr: 'skdocker: skdocker0 is in use by 172.16.0.2: end these containers first\n',
    })
    expect(await address()).toBe('172.16.0.1/16')
    container.endInput()
    requireSuccess(await container.exit())
    await down()
  })

  test('works in ip netns exec, and is seen in that namespace alone', async () => {
    await output('ip netns add inner; ip -n inner link set lo up')
    const inner = initNet.line().replaceAll("'", '')
    await output(`ip netns exec inner ${inner}`)
    expect(await output('ip netns exec inner ip -4 -o address show dev skdocker0')).toContain('172.16.0.1/16')
    expect(await output('ip -o link show type bridge')).toBe('')
    await output(`ip netns exec inner ${inner} --down`)
    expect(await output('ip -n inner -o link show type bridge')).toBe('')
    await output('ip netns delete inner; rmdir /run/netns || umount /run/netns && rmdir /run/netns')
  })
})

// A bridge that is made again has another index.
const withoutIndexes = ({ sections, foreign }: Picture): Picture => ({
  foreign,
  sections: new Map(
    [...sections].map(([name, lines]) => [name, lines.map(line => line.replace(/ifindex:\d+,/, ''))]),
  ),
})

describe('the subnet', world, () => {
  test('can be chosen, and containers read it off the bridge', async () => {
    await up('--subnet', '10.77.8.0/22')
    expect(await address()).toBe('10.77.8.1/22')
    const stdout = requireSuccess(
      await main.run(['busybox', '/bin/sh', '-c', 'ip -4 -o address show eth0; ip route']),
    )
    expect(stdout).toMatch(/inet 10\.77\.8\.2\/22 brd 10\.77\.11\.255 /)
    expect(stdout).toContain('default via 10.77.8.1 ')
    expect(requireSuccess(await main.run(ask))).toBe(HOST)
    await up()
    expect(await address()).toBe('10.77.8.1/22')
    expect(await refused('--subnet', '10.77.0.0/16')).toBe(
      'skdocker: skdocker0 is there already, for 10.77.8.0/22: take it down first: "npx tsx chapters/06-net/init-net.ts --down"',
    )
    await down()
  })

  test.each([
    ['an address', 'ip address add 172.16.9.1/24 dev lo', '172.16.9.0/24, which this host reaches through lo'],
    ['an address alone', 'ip address add 172.16.9.1/32 dev lo', '172.16.9.1, which this host reaches through lo'],
    [
      'a route',
      'ip route add 172.16.128.0/17 via 203.0.113.1',
      '172.16.128.0/17, which this host reaches through eth0',
    ],
    [
      'a wider route',
      'ip route add 172.16.0.0/12 via 203.0.113.1',
      '172.16.0.0/12, which this host reaches through eth0',
    ],
    ['a route in another table', 'ip route add 172.16.0.0/24 via 203.0.113.1 table 77', '172.16.0.0/24, which'],
  ])('a clash with %s is named, and the cure', async (_, clash, name) => {
    await untilTestEnds(clash, clash.replace(' add ', ' delete '))
    const message = await refused()
    const [, cure = ''] =
      /^skdocker: 172\.16\.0\.0\/16 overlaps .*: make the bridge with another range: "npx tsx \S+init-net\.ts --subnet (\S+)"$/.exec(
        message,
      ) ?? []
    expect(message).toContain(`overlaps ${name}`)
    await up('--subnet', cure)
    expect(await address()).toMatch(/^\d+\.\d+\.\d+\.1\//)
    await down()
  })

  test('a default route is no clash, not even in two halves', async () => {
    const halves = (what: string): string =>
      `for half in 0.0.0.0/1 128.0.0.0/1; do ip route ${what} $half via 203.0.113.1; done`
    await untilTestEnds(halves('add'), halves('delete'))
    await up()
    await down()
  })

  const WRONG = [
    ['172.16.0.0', 'is no subnet'],
    ['172.16.0/16', 'is no subnet'],
    ['300.1.0.0/16', 'is no subnet'],
    ['172.16.0.0/33', 'from /8 to /30'],
    ['172.16.0.0/31', 'from /8 to /30'],
    ['0.0.0.0/0', 'from /8 to /30'],
    ['172.16.0.1/16', 'is an address in the subnet 172.16.0.0/16'],
    ['127.0.0.0/24', 'overlaps 127.0.0.0/8'],
    ['$(reboot)/16', 'is no subnet'],
  ] as const

  test('that is none is refused', async () => {
    const all = await Promise.all(WRONG.map(([subnet]) => refused('--subnet', subnet)))
    for (const [index, [, message]] of WRONG.entries()) expect(all[index]).toContain(message)
  })

  test('and --down do not go together', async () => {
    expect(await refused('--down', '--subnet', '10.1.0.0/16')).toContain('leave --subnet out')
  })
})

describe('one tool for NAT alone (row 42)', world, () => {
  test.each(['iptables', 'nft'])('works with %s alone', { ...needs('iptables', 'nft') }, async tool => {
    const env = await onlyThese('ip', tool)
    const before = await output('nft list ruleset')
    requireSuccess(await initNet.run([], { env }))
    const once = await output('nft --stateless list ruleset')
    requireSuccess(await initNet.run([], { env }))
    expect(await output('nft --stateless list ruleset')).toBe(once)
    const added = once.split('\n').filter(line => !before.includes(line))
    expect(added.join('\n')).toContain(tool === 'nft' ? 'table ip skdocker' : 'jump SKDOCKER')
    expect(added.join('\n')).not.toContain(tool === 'nft' ? 'jump SKDOCKER' : 'table ip skdocker')
    expect(requireSuccess(await main.run(ask, { env }))).toBe(HOST)
    requireSuccess(await initNet.run(['--down'], { env }))
  })

  test('a host that forwards nothing of others forwards for containers', needs('iptables'), async () => {
    await untilTestEnds(
      'iptables -P FORWARD DROP; iptables -A FORWARD -j DROP',
      'iptables -P FORWARD ACCEPT; iptables -D FORWARD -j DROP',
    )
    await up()
    expect(requireSuccess(await main.run(ask))).toBe(HOST)
    await down()
  })

  test('and lets nobody in who was not asked', needs('iptables'), async () => {
    await untilTestEnds('iptables -P FORWARD DROP', 'iptables -P FORWARD ACCEPT')
    await up()
    const container = await main.start([
      'busybox',
      '/bin/sh',
      '-c',
      'nc -l -p 7000 -e /bin/echo hello & echo started; cat',
    ])
    await container.stdout.waitFor('started')
    const knock = command('busybox/bin/busybox', 'nc', '-w', '2', '172.16.0.2', '7000')
    await command('ip', 'route', 'add', '172.16.0.0/16', 'via', HOST).on(internet).run()
    expect(await knock.on(internet).run()).toMatchObject({ code: 1, stdout: '' })
    expect(await knock.on(machine).run()).toMatchObject({ code: 0, stdout: 'hello\n' })
    await command('ip', 'route', 'delete', '172.16.0.0/16').on(internet).run()
    container.endInput()
    requireSuccess(await container.exit())
    await down()
  })

  // What is installed where this PATH does not lead is not to be installed again.
  const NO_NAT =
    /^skdocker: there is neither iptables nor nft on PATH: (install iptables, or nftables|it is in \S+: "export PATH=.*")\n$/
  const NO_IP = /^skdocker: there is no ip on PATH: (install iproute2|it is in \S+: "export PATH=.*")\n$/

  test('with neither there is one line that says what to install', async () => {
    const env = await onlyThese('ip')
    expect(await initNet.run([], { env })).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(NO_NAT),
    })
  })

  test('without ip likewise', async () => {
    const env = await onlyThese()
    const missing = { code: 125, stderr: expect.stringMatching(NO_IP) }
    expect(await initNet.run([], { env })).toMatchObject(missing)
    expect(await main.run(['busybox', '/bin/true'], { env })).toMatchObject(missing)
    expect(await main.run(['--network', 'none', 'busybox', '/bin/true'], { env })).toMatchObject(missing)
    requireSuccess(await main.run(['--network', 'host', 'busybox', '/bin/true'], { env }))
  })

  test('a tool that fails leaves nothing half-made, and its own words are the reason', async () => {
    const env = await onlyThese('ip')
    await output(`printf '#!/bin/sh\\necho "no luck today" >&2; exit 4' >${env.PATH}/nft; chmod +x ${env.PATH}/nft`)
    const { code, stderr } = await initNet.run([], { env })
    expect({ code, stderr }).toEqual({ code: 125, stderr: 'skdocker: NAT: no luck today\n' })
    await output(`rm ${env.PATH}/nft`)
  })
})
