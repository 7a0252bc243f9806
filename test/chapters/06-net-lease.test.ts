import { describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  needs,
  patience,
  requireSuccess,
  scaled,
  sleep,
} from '../harness/index.ts'
import {
  awaitUnplugged,
  initNet,
  leasedAddresses,
  machine,
  main,
  output,
  ports,
  resetBridgeAfterFailure,
  withBridge,
} from './06-net-world.ts'

hostUnchanged(machine)
resetBridgeAfterFailure()

const world = needs('root', 'busybox', 'ip', 'iptables or nft')

const ownAddress = "ip -4 -o address show eth0 | awk '{print $4}'"

/** A container that is there until its input ends, and the address it has. */
const start = async (script = `${ownAddress}; cat`) => {
  const container = await main.start(['busybox', '/bin/sh', '-c', script])
  return { container, address: async () => (await container.stdout.waitFor(/([\d.]+)\//, 6 * patience))[1]! }
}

describe('addresses (row 39)', world, () => {
  withBridge()

  test(
    '50 containers that are started at once have 50 different ones',
    async () => {
      const started = await Promise.all(Array.from({ length: 50 }, () => start()))
      const addresses = await Promise.all(started.map(({ address }) => address()))
      const expected = Array.from({ length: 50 }, (_, index) => `172.16.0.${index + 2}`)
      expect(new Set(addresses)).toEqual(new Set(expected))
      expect(new Set(await leasedAddresses())).toEqual(new Set(expected))
      const names = await ports()
      expect(new Set(names).size).toBe(50)
      for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(15)
      for (const { container } of started) container.endInput()
      for (const { container } of started) requireSuccess(await container.exit(6 * patience))
      await awaitUnplugged()
    },
    scaled(300_000),
  )

  test('one is used again after its owner is gone, and not before', async () => {
    const first = await start()
    expect(await first.address()).toBe('172.16.0.2')
    const other = await start()
    expect(await other.address()).toBe('172.16.0.3')
    first.container.endInput()
    requireSuccess(await first.container.exit())
    await eventually(
      'the end of the lease',
      async () => !(await leasedAddresses()).includes('172.16.0.2') || undefined,
    )
    const third = await start()
    expect(await third.address()).toBe('172.16.0.2')
    for (const { container } of [other, third]) {
      container.endInput()
      requireSuccess(await container.exit())
    }
    await awaitUnplugged()
  })

  test('whoever has an address answers at once to those who knew another there', async () => {
    // With its last port the bridge forgets who was where.
    const other = await start()
    expect(await other.address()).toBe('172.16.0.2')
    for (let round = 0; round < 2; round++) {
      const one = await start()
      expect(await one.address()).toBe('172.16.0.3')
      await output('busybox/bin/busybox ping -c 1 -W 1 172.16.0.3')
      one.container.endInput()
      requireSuccess(await one.container.exit())
      await eventually(
        'the end of the lease',
        async () => !(await leasedAddresses()).includes('172.16.0.3') || undefined,
      )
    }
    other.container.endInput()
    requireSuccess(await other.container.exit())
    await awaitUnplugged()
  })

  test('killed, a container gives its address back (row 40)', async () => {
    // The input ends with the program. Only a command that does not read it shows that the container is killed.
    const one = await start(`${ownAddress}; exec sleep 1000`)
    expect(await one.address()).toBe('172.16.0.2')
    const init = await initOf(one.container)
    one.container.kill('SIGKILL')
    expect(await one.container.exit()).toMatchObject({ signal: 'SIGKILL' })
    await awaitUnplugged()
    expect(isAlive(init)).toBe(false)
    const next = await start()
    expect(await next.address()).toBe('172.16.0.2')
    next.container.endInput()
    requireSuccess(await next.container.exit())
    await awaitUnplugged()
  })

  test('nothing is left, at whatever moment the program is killed (row 40)', async () => {
    const begun = performance.now()
    requireSuccess(await main.run(['busybox', '/bin/true']))
    const whole = performance.now() - begun
    for (let part = 1; part <= 12; part++) {
      const container = await main.start(['busybox', '/bin/cat'])
      await sleep((whole * part) / 12)
      container.kill('SIGKILL')
      await container.exit()
    }
    await awaitUnplugged()
  })

  test('a command that cannot be run leaves nothing either', async () => {
    expect(await main.run(['busybox', 'no-such-command'])).toMatchObject({ code: 127 })
    expect(await main.run(['no-such-rootfs', '/bin/true'])).toMatchObject({ code: 125 })
    await awaitUnplugged()
  })

  test('who does not get the lock waits for it', async () => {
    const holder = await command('flock', '/proc/self/ns/net', 'sh', '-c', 'echo locked; sleep 1; date +%s')
      .on(machine)
      .start()
    await holder.stdout.waitFor('locked')
    const connected = requireSuccess(await main.run(['busybox', '/bin/date', '+%s']))
    const [, released = ''] = (await holder.exit()).stdout.split('\n')
    expect(Number(connected)).toBeGreaterThanOrEqual(Number(released))
    await awaitUnplugged()
  })
})

describe('a small subnet', world, () => {
  test('has an address for one, and says so to the second', async () => {
    requireSuccess(await initNet.run(['--subnet', '10.77.8.0/30']))
    const one = await start()
    expect(await one.address()).toBe('10.77.8.2')
    expect(await main.run(['busybox', '/bin/echo', 'ran'])).toMatchObject({
      code: 125,
      stdout: '',
      stderr: expect.stringMatching(
        /^skdocker: every address of 10\.77\.8\.0\/30 has its container: end one; or end all, and make the network anew and wider: "init-net\.ts --down", then "init-net\.ts --subnet"\n$/,
      ),
    })
    one.container.endInput()
    requireSuccess(await one.container.exit())
    await awaitUnplugged()
    requireSuccess(await main.run(['busybox', '/bin/true']))
    await awaitUnplugged()
    requireSuccess(await initNet.run(['--down']))
    requireSuccess(await initNet.run(['--subnet', '10.77.8.0/29']))
    const two = [await start(), await start()]
    for (const { container } of two) container.endInput()
    for (const { container } of two) requireSuccess(await container.exit())
    await awaitUnplugged()
    requireSuccess(await initNet.run(['--down']))
  })
})
