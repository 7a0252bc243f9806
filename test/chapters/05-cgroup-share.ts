/** The CPU time that containers get, measured. */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { sleep } from '../harness/index.ts'
import { groupPath } from './05-cgroup-groups.ts'

// Longer than the three seconds that are asked for: the kernel deals in tenths, and one too many is to be no point.
const SECONDS = 5

/** A container's group, and its limit in per cent of one CPU. */
export type Share = { readonly name: string; readonly limit: number }

/** CPU time that the processes of a container have had, in seconds, as the kernel counts it. */
const cpuTime = ({ name }: Share): number => {
  const times = processesOf(findCgroup(name)).map(pid => readFileSync(`/proc/${pid}/schedstat`, 'utf8'))
  return times.reduce((sum, time) => sum + Number(time.split(' ')[0]) / 1e9, 0)
}

/** The share of one CPU that each has in the next seconds. */
const measure = async (all: readonly Share[]): Promise<number[]> => {
  const before = all.map(share => ({ cpu: cpuTime(share), at: performance.now() }))
  await sleep(SECONDS * 1000)
  return all.map((share, index) => {
    const { cpu, at } = before[index]!
    return (100 * (cpuTime(share) - cpu)) / ((performance.now() - at) / 1000)
  })
}

/** Puts a group before all others that want a CPU: it is the limit that is to be measured, not what they leave to it. */
const prefer = ({ name }: Share): void => {
  const group = groupPath('cpu', name)
  const [file, most] = hierarchyOf('cpu').version === 1 ? ['cpu.shares', '262144'] : ['cpu.weight', '10000']
  for (const path of [dirname(group), group]) writeFileSync(join(path, file), most)
}

/** Never more than the limit; not less either, but when other programs leave no CPU for it we look again. */
export const expectShares = async (...all: Share[]): Promise<void> => {
  for (const share of all) prefer(share)
  for (let attempts = 3; ; attempts--) {
    const measured = await measure(all)
    console.log(`      CPU shares: ${measured.map(share => `${share.toFixed(2)} %`).join(', ')}`)
    for (const [index, { limit }] of all.entries()) expect(measured[index]).toBeLessThanOrEqual(limit + 1)
    const tooLittle = measured.filter((share, index) => share < all[index]!.limit - 1)
    if (tooLittle.length === 0 || attempts === 1) return expect(tooLittle).toEqual([])
  }
}

/** A command that keeps this many loops busy until a line comes. */
export const busy = (loops: number): string[] => [
  'sh',
  '-c',
  `for _ in ${'x '.repeat(loops)}; do while :; do :; done & done; echo busy; read line`,
]
