import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hostUnchanged, initOf, needs, patience, repository, requireSuccess, typescript } from '../harness/index.ts'
import { awaitUnplugged, initNet, machine, output, ports, resetBridgeAfterFailure } from './06-net-world.ts'

hostUnchanged(machine)
resetBridgeAfterFailure()

const netRun = typescript(join(repository, 'test/chapters/06-net-run.ts')).on(machine)

const start = async () => {
  const container = await netRun.start(['cat'])
  const [, address] = await container.stdout.waitFor(/^([\d.]+) veth/)
  return { container, address }
}

const bridge = (): Promise<string> => output('ip -o link show type bridge')

describe('a bridge that is made for a run', needs('root', 'ip', 'iptables or nft'), () => {
  test('goes with it', async () => {
    const { container, address } = await start()
    expect(address).toBe('172.16.0.2')
    expect(await bridge()).toContain('skdocker: ip_forward was 0, made by a run')
    container.endInput()
    requireSuccess(await container.exit())
    expect(await bridge()).toBe('')
  })

  test('goes with it, though the kernel has yet to take the cable away', async () => {
    const { container } = await start()
    const namespace = openSync(`/proc/${await initOf(container, { root: 'host' })}/ns/net`, 'r')
    try {
      container.endInput()
      requireSuccess(await container.exit())
      expect(await output('ip -o link show type veth')).not.toBe('')
      expect(await bridge()).toBe('')
    } finally {
      closeSync(namespace)
    }
  })

  test('goes with the last one', async () => {
    const [one, other] = [await start(), await start()]
    expect(other.address).toBe('172.16.0.3')
    one.container.endInput()
    requireSuccess(await one.container.exit())
    expect(await ports()).toHaveLength(1)
    other.container.endInput()
    requireSuccess(await other.container.exit())
    expect(await bridge()).toBe('')
  })

  test('goes with the last one, though the kernel has yet to take the cable of another away', async () => {
    const [one, other] = [await start(), await start()]
    const namespace = openSync(`/proc/${await initOf(one.container, { root: 'host' })}/ns/net`, 'r')
    try {
      for (const { container } of [one, other]) {
        container.endInput()
        requireSuccess(await container.exit())
      }
      expect(await bridge()).toBe('')
    } finally {
      closeSync(namespace)
    }
  })

  test('stays when it was made by hand, before or meanwhile', async () => {
    for (const when of ['before', 'meanwhile']) {
      if (when === 'before') requireSuccess(await initNet.run())
      const { container } = await start()
      if (when === 'meanwhile') requireSuccess(await initNet.run())
      container.endInput()
      requireSuccess(await container.exit())
      expect(await bridge()).toMatch(/ip_forward was 0\s*$/)
      await awaitUnplugged()
      requireSuccess(await initNet.run(['--down']))
    }
  })

  test('that was killed, goes with the next', async () => {
    const { container } = await start()
    container.kill('SIGKILL')
    await container.exit()
    await awaitUnplugged()
    expect(await bridge()).not.toBe('')
    requireSuccess(await netRun.run(['true']))
    expect(await bridge()).toBe('')
  })

  test('comes and goes as it has to while many start and end at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 12 }, () => netRun.run(['true'], { timeout: 3 * patience })),
    )
    for (const result of results) requireSuccess(result)
    await awaitUnplugged()
    expect(await bridge()).toBe('')
  })
})
