import { describe, test } from 'vitest'
import { hostUnchanged, initOf, needs, program } from '../harness/index.ts'
import { groupOf } from './05-cgroup-groups.ts'
import { busy, expectShares, type Share } from './05-cgroup-share.ts'
import { leaveAtEnd } from './container.ts'

const main = program('05-cgroup/main.ts')

hostUnchanged()

const start = async (limit: number, ...args: string[]): Promise<Share> => {
  const starter = await main.start(args)
  leaveAtEnd(starter)
  await starter.stdout.waitFor('busy')
  return { limit, name: groupOf(await initOf(starter)) }
}

describe('the measured CPU share is the limit ± 1 point (row 32)', needs('root', 'busybox', 'cgroup:cpu'), () => {
  test('20 % by default', async () => {
    await expectShares(await start(20, 'busybox', ...busy(1)))
  })

  test('of each container, however many there are, and however many processes they are', async () => {
    const all = await Promise.all([
      start(20, 'busybox', ...busy(1)),
      start(20, 'busybox', ...busy(3)),
      start(10, '--cpus', '.1', 'busybox', ...busy(2)),
    ])
    await expectShares(...all)
  })
})
