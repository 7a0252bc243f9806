import { describe, test } from 'vitest'
import { hostUnchanged, initOf, type LiveProcess, needs, program } from '../harness/index.ts'
import { busy, expectShares, type Share } from './05-cgroup-share.ts'

const main = program('05-cgroup/main.ts')

hostUnchanged()

const start = async (limit: number, ...args: string[]): Promise<Share & { runtime: LiveProcess }> => {
  const runtime = await main.start(args)
  await runtime.stdout.waitFor('busy')
  return { runtime, limit, name: `${await initOf(runtime.pid)}` }
}

const end = async ({ runtime }: { runtime: LiveProcess }): Promise<void> => {
  runtime.endInput()
  await runtime.exit()
}

describe('row 32: the measured CPU share is the limit ± 1 point', needs('root', 'busybox', 'cgroup:cpu'), () => {
  test('20 % unless told', async () => {
    const one = await start(20, 'busybox', ...busy(1))
    await expectShares(one)
    await end(one)
  })

  test('of each container, however many there are, and however many processes they are', async () => {
    const all = await Promise.all([
      start(20, 'busybox', ...busy(1)),
      start(20, 'busybox', ...busy(3)),
      start(10, '--cpus', '.1', 'busybox', ...busy(2)),
    ])
    await expectShares(...all)
    await Promise.all(all.map(end))
  })
})
