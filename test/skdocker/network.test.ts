import { describe, expect, test } from 'vitest'
import { hostUnchanged, initOf, namespaces } from '../harness/index.ts'
import { machine, needsSkdocker, newHome, onMachine, Skdocker, script, unplugged } from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']))
const ADDRESS = 'ip -4 -o address show eth0'
const links = /^\d+: [^:@]+/gm

hostUnchanged(machine)

describe('network', needsSkdocker, () => {
  test('none has a loopback that is up, host has the devices of the host (rows 36 and 37)', async () => {
    const [none, host] = await Promise.all([
      skdocker.run([
        'run',
        '--rm',
        '--network',
        'none',
        'busybox',
        ...script('ip -o link; ping -c 1 -W 2 127.0.0.1'),
      ]),
      skdocker.waiting('--rm', '--network', 'host'),
    ])
    expect(none.code).toBe(0)
    expect(none.stdout.match(links)).toEqual(['1: lo'])
    expect(namespaces(await initOf(host)).net).toBe(namespaces(await machine.pid()).net)
    host.endInput()
    expect((await host.exit()).code).toBe(0)
    expect(await onMachine('ip -o link')).not.toContain('skdocker0')
  })

  test('bridge: container ↔ container ↔ host, and no device of the host (rows 38 and 40)', async () => {
    const text = `ip -o link; ${ADDRESS}; cat`
    const start = () => skdocker.start(['run', '--rm', 'busybox', ...script(text)])
    const pair = await Promise.all([start(), start()])
    const seen = await Promise.all(pair.map(live => live.stdout.waitFor(/inet ([\d.]+)\/16/)))
    const [one, two] = seen.map(([, address]) => address!)
    expect(seen[0]!.input.match(links)!.slice(0, 2)).toEqual(['1: lo', '2: eth0'])
    expect(one).not.toBe(two)
    await onMachine(`for to in ${one} ${two}; do busybox/bin/busybox ping -c 1 -W 5 $to; done`)
    const ping = `ping -c 1 -W 5 172.16.0.1 && ping -c 1 -W 5 ${one} && ping -c 1 -W 5 ${two}`
    await skdocker.out('run', '--rm', 'busybox', ...script(ping))
    for (const live of pair) live.endInput()
    expect(await Promise.all(pair.map(live => live.exit()))).toMatchObject([{ code: 0 }, { code: 0 }])
    await unplugged()
    await skdocker.out('ps')
  })
})
