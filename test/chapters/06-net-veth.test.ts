import { describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  expectSameHost,
  hostUnchanged,
  initOf,
  isAlive,
  needs,
  type Picture,
  picture,
  requireSuccess,
  shellWords,
  sleep,
} from '../harness/index.ts'
import {
  awaitUnplugged,
  chapter,
  HOST,
  initNet,
  machine,
  main,
  onlyThese,
  output,
  resetBridgeAfterFailure,
  SERVER,
  withInternet,
} from './06-net-world.ts'

withInternet()
hostUnchanged(machine)
resetBridgeAfterFailure()

const veth = chapter('veth.ts')
const ask = ['busybox', '/bin/nc', '-w', '5', SERVER, '80']

const ipForward = (): Promise<string> => output('cat /proc/sys/net/ipv4/ip_forward')

const start = async (...options: string[]) => {
  const container = await veth.start([...options, 'busybox', '/bin/sh', '-c', 'echo started; cat'])
  await container.stdout.waitFor('started')
  return container
}

/** Waits until the host is as it was. */
const asBefore = (before: Picture) =>
  eventually('the host as it was', async () => {
    try {
      expectSameHost(before, await picture(machine))
      return true
    } catch {
      return undefined
    }
  })

describe('veth.ts', needs('root', 'busybox', 'ip', 'iptables or nft'), () => {
  test('host and container have an address each', async () => {
    const show = 'ip -4 -o address show eth0; ip route; ping -c 1 -W 5 172.30.0.1'
    const stdout = requireSuccess(await veth.run(['busybox', '/bin/sh', '-c', show]))
    expect(stdout).toMatch(/inet 172\.30\.0\.2\/30 .*default via 172\.30\.0\.1 dev eth0.* 1 packets received/s)
  })

  test('the container reaches the internet, which sees the host', async () => {
    expect(requireSuccess(await veth.run(ask))).toBe(HOST)
  })

  test.each(['iptables', 'nft'])('with %s alone', { ...needs('iptables', 'nft') }, async tool => {
    const env = await onlyThese('ip', tool)
    expect(requireSuccess(await veth.run(ask, { env }))).toBe(HOST)
  })

  test('who is ended while it waits to take all back leaves that to its shell (row 56)', async () => {
    const before = await picture(machine)
    const container = await start()
    const holder = await command('flock', '--no-fork', '/proc/self/ns/net', 'cat').on(machine).start()
    holder.write('locked\n')
    await holder.stdout.waitFor('locked')
    holder.kill('SIGSTOP')
    container.endInput()
    await container.stderr.waitFor(/^skdocker: waiting for process \d+ \(cat\), .* is stopped: "kill -CONT \d+"/)
    container.kill('SIGTERM')
    expect((await container.exit()).code).toBe(143)
    holder.kill('SIGCONT')
    holder.endInput()
    await holder.exit()
    await eventually(
      'all to be taken back',
      async () => !(await output('ip -o link')).includes('veth') || undefined,
    )
    await asBefore(before)
  })

  test('killed, with the whole job, all is taken back (row 40)', async () => {
    const before = await picture(machine)
    // The input ends with the program. Only a command that does not read it shows that the container is killed.
    const container = await veth.start(['busybox', '/bin/sh', '-c', 'echo started; exec sleep 1000'])
    await container.stdout.waitFor('started')
    const init = await initOf(container)
    expect(await ipForward()).toBe('1')
    process.kill(-container.pid, 'SIGKILL')
    await container.exit()
    await asBefore(before)
    expect(isAlive(init)).toBe(false)
  })

  test('nothing is left, at whatever moment it is killed (row 40)', async () => {
    const begun = performance.now()
    requireSuccess(await veth.run(['busybox', '/bin/true']))
    const whole = performance.now() - begun
    for (let part = 1; part <= 12; part++) {
      const container = await veth.start(['busybox', '/bin/cat'])
      await sleep((whole * part) / 12)
      container.kill('SIGKILL')
      await container.exit()
    }
  })

  test('beside the bridge, whoever comes and goes first', async () => {
    const one = await start()
    requireSuccess(await initNet.run())
    one.endInput()
    requireSuccess(await one.exit())
    expect(await ipForward()).toBe('1')
    expect(requireSuccess(await main.run(ask))).toBe(HOST)
    await awaitUnplugged()
    const two = await start()
    requireSuccess(await initNet.run(['--down']))
    expect(await ipForward()).toBe('1')
    two.endInput()
    requireSuccess(await two.exit())
    expect(await ipForward()).toBe('0')
  })

  test('two at once need two ranges, and the clash is named', async () => {
    const one = await start()
    expect(await veth.run(['busybox', '/bin/echo', 'ran'])).toMatchObject({
      code: 125,
      stdout: '',
      stderr: expect.stringMatching(/^skdocker: 172\.30\.0\.0\/30 overlaps 172\.30\.0\.0\/30, .* through veth/),
    })
    const other = await start('--subnet', '172.30.0.4/30')
    one.endInput()
    requireSuccess(await one.exit())
    expect(await ipForward()).toBe('1')
    other.endInput()
    requireSuccess(await other.exit())
    expect(await ipForward()).toBe('0')
  })

  test('where /proc/sys is read-only, as in a container, one line says where to run it, and nothing is left', async () => {
    const readOnly = 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"'
    const words = shellWords(veth.line(['busybox', '/bin/echo', 'ran']))
    const result = await command('unshare', '--mount', 'sh', '-ec', readOnly, 'sh', ...words)
      .on(machine)
      .run()
    expect(result).toMatchObject({
      code: 125,
      stdout: '',
      stderr: expect.stringMatching(
        /^skdocker: veth pair: .*Read-only file system: run this on the host itself[^\n]*\n$/,
      ),
    })
  })

  test('an end that is no success is passed on, and all is taken back', async () => {
    expect(await veth.run(['busybox', '/bin/sh', '-c', 'exit 42'])).toMatchObject({ code: 42, stderr: '' })
    expect(await veth.run(['busybox', 'no-such-command'])).toMatchObject({ code: 127 })
  })
})
