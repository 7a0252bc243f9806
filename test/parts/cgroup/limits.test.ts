import { describe, expect, test } from 'vitest'
import { type Limit, type Limits, limitsIn, settings } from '#parts/cgroup/limits.ts'

const written = (version: 1 | 2, limit: Limit, value: number): Record<string, string> =>
  Object.fromEntries(settings(version, limit, value).map(({ file, value }) => [file, value]))

const read = (version: 1 | 2, files: Record<string, string>): Limits => limitsIn(version, file => files[file])

describe('what is written for the kernel', () => {
  test('v1', () => {
    expect(written(1, 'cpus', 0.2)).toEqual({ 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '20000' })
    expect(written(1, 'memory', 64 * 2 ** 20)).toEqual({
      'memory.limit_in_bytes': '67108864',
      'memory.memsw.limit_in_bytes': '67108864',
    })
    expect(written(1, 'pids', 20)).toEqual({ 'pids.max': '20' })
  })

  test('v2', () => {
    expect(written(2, 'cpus', 0.2)).toEqual({ 'cpu.max': '20000 100000' })
    expect(written(2, 'memory', 64 * 2 ** 20)).toEqual({ 'memory.max': '67108864', 'memory.swap.max': '0' })
    expect(written(2, 'pids', 20)).toEqual({ 'pids.max': '20' })
  })

  test('swap is not limited where the kernel has none', () => {
    for (const version of [1, 2] as const)
      expect(settings(version, 'memory', 1).map(({ optional }) => optional)).toEqual([undefined, true])
  })

  test('memory comes before memory and swap, which may not be less', () => {
    expect(settings(1, 'memory', 1)[0]?.file).toBe('memory.limit_in_bytes')
  })

  test.each([0.01, 0.07, 0.29, 0.57, 1.005, 1.5, 64])('%d CPUs are a whole number of microseconds', cpus => {
    expect(written(2, 'cpus', cpus)).toEqual({ 'cpu.max': expect.stringMatching(/^\d+ 100000$/) })
    expect(read(2, written(2, 'cpus', cpus))).toEqual({ cpus })
  })
})

describe('what the kernel says', () => {
  const all: Limits = { cpus: 1.5, memory: 2 ** 30, pids: 7 }

  test.each([1, 2] as const)('v%d: what was written', version => {
    const files = Object.entries(all).map(([limit, value]) => written(version, limit as Limit, value))
    expect(read(version, Object.assign({}, ...files))).toEqual(all)
  })

  test('v1 without limits', () => {
    expect(
      read(1, {
        'cpu.cfs_period_us': '100000',
        'cpu.cfs_quota_us': '-1',
        'memory.limit_in_bytes': '9223372036854771712',
        'pids.max': 'max',
      }),
    ).toEqual({})
  })

  test('v2 without limits', () => {
    expect(read(2, { 'cpu.max': 'max 100000', 'memory.max': 'max', 'pids.max': 'max' })).toEqual({})
  })

  test.each([1, 2] as const)('v%d without the controllers', version => {
    expect(read(version, {})).toEqual({})
  })
})
