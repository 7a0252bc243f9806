import { describe, expect, test } from 'vitest'
import { HOST, initNet, machine, onlyThese, output, SERVER, withInternet } from '../chapters/06-net-world.ts'
import { hostUnchanged, needs, requireSuccess } from '../harness/index.ts'
import { complaint, needsSkdocker, newHome, Skdocker, script } from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']), machine)

/** Asks the server, by its name, from which address it is asked. */
const ask = script('nc -w 5 duck 80 </dev/null')

withInternet()
hostUnchanged(machine)

describe('skdocker and the internet', needsSkdocker, () => {
  test.each(['iptables', 'nft'])(
    'bridge, with %s alone: a name resolves, and the server sees the host (rows 38, 40, 41, 42)',
    {
      ...needs('iptables', 'nft'),
    },
    async tool => {
      const env = await onlyThese('ip', 'tar', tool)
      const before = await output('nft list ruleset')
      const live = await skdocker.start(['run', '--rm', 'busybox', ...script(`${ask.at(-1)}; cat`)], { env })
      await live.stdout.waitFor(`${HOST}\n`)
      const rules = (await output('nft list ruleset')).split('\n').filter(line => !before.includes(line))
      expect(rules.join('\n')).toContain(tool === 'nft' ? 'table ip skdocker' : 'jump SKDOCKER')
      expect(rules.join('\n')).not.toContain(tool === 'nft' ? 'jump SKDOCKER' : 'table ip skdocker')
      live.endInput()
      expect(await live.exit()).toMatchObject({ code: 0, stdout: `${HOST}\n`, stderr: '' })
    },
  )

  test('a bridge of the same name that somebody else has made is refused and named, and stays (row 55)', async () => {
    await output('ip link add skdocker0 type bridge')
    const look = 'ip address; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward'
    const before = await output(look)
    const run = ['run', '--rm', 'busybox', 'echo', 'ran']
    expect(complaint(await skdocker.run(run))).toMatch(
      /^125 skdocker: there is a device skdocker0 that skdocker did not make/,
    )
    expect(await skdocker.out('ps')).toMatch(/^ID .*$/)
    expect(await skdocker.out(...run.toSpliced(1, 0, '--network', 'none'))).toBe('ran')
    expect(await output(look)).toBe(before)
    await output('ip link delete skdocker0')
  })

  test.each<[string, string, RegExp]>([
    [
      'forwarding turned off',
      'echo 0 >/proc/sys/net/ipv4/ip_forward',
      /IPv4 forwarding has been turned off: turn it on with "(.*)"$/m,
    ],
    [
      'rules flushed',
      'for table in nat filter; do iptables -t $table -F SKDOCKER-skdocker0; done',
      /the firewall rules for skdocker0 have been removed: make them anew with "(.*)"$/m,
    ],
    [
      'a jump to the rules deleted',
      'iptables -D FORWARD -j SKDOCKER-skdocker0; iptables -A FORWARD -j DROP',
      /the firewall rules for skdocker0 have been removed: make them anew with "(.*)"$/m,
    ],
    [
      'a table of nft that drops',
      "nft 'table inet guard { chain gate { type filter hook forward priority 0; policy drop; }; }'",
      /the chain gate of nft's table inet guard drops what no rule of it lets through: let containers through with "(.*)"$/m,
    ],
  ])('%s while the bridge is up is named, and the cure cures', needs('iptables', 'nft'), async (_, harm, line) => {
    requireSuccess(await initNet.run())
    const run = ['run', '--rm', 'busybox', ...ask]
    expect(await skdocker.run(run)).toMatchObject({ code: 0, stdout: `${HOST}\n`, stderr: '' })
    await output(harm)
    const lost = await skdocker.run(run)
    expect(lost.stdout).toBe('')
    const [, cure = ''] = line.exec(lost.stderr) ?? []
    expect(lost.stderr).toMatch(/^skdocker: containers do not get beyond this host: /m)
    await output(cure)
    expect(await skdocker.run(run)).toMatchObject({ code: 0, stdout: `${HOST}\n`, stderr: '' })
    await output('nft delete table inet guard 2>/dev/null || true; iptables -D FORWARD -j DROP 2>/dev/null || true')
    requireSuccess(await initNet.run(['--down']))
  })

  test('init-net.ts names who drops, too, and makes the bridge all the same', needs('nft'), async () => {
    await output("nft 'table ip guard { chain gate { type filter hook forward priority 7; policy drop; }; }'")
    const { code, stderr } = await initNet.run()
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^skdocker: containers do not get beyond this host: the chain gate of [^\n]*\n$/,
      ),
    })
    await output('nft delete table ip guard')
    expect(await initNet.run()).toMatchObject({ code: 0, stderr: '' })
    requireSuccess(await initNet.run(['--down']))
  })

  test('host: names resolve as on the host; none: nobody is there to ask (rows 36, 37, 41)', async () => {
    const on = (network: string) => skdocker.run(['run', '--rm', '--network', network, 'busybox', ...ask])
    const [host, none] = await Promise.all([on('host'), on('none')])
    expect(host).toMatchObject({ code: 0, stdout: `${HOST}\n`, stderr: '' })
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('bad address') })
    const lost = await skdocker.run(['run', '--rm', '--network', 'none', 'busybox', 'nc', '-w', '2', SERVER, '80'])
    expect(lost).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('unreachable') })
  })

  test('without ip, or a tool for NAT, one line says what to install, and the command does not run (rows 5 and 8)', async () => {
    const run = ['run', '--rm', 'busybox', 'echo', 'ran']
    const [ip, nat] = await Promise.all([
      skdocker.run(run, { env: await onlyThese('tar') }),
      skdocker.run(run, { env: await onlyThese('tar', 'ip') }),
    ])
    expect(complaint(ip)).toMatch(/^125 skdocker: there is no ip on PATH: (install iproute2|it is in )/)
    expect(complaint(nat)).toMatch(/^125 skdocker: there is neither iptables nor nft on PATH: (install|it is in )/)
    expect(skdocker.files().containers).toEqual([])
  })
})
