import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { whyUnmet } from '../../runner/needs/probes.ts'
import { needs, refuseMissing } from './needs.ts'
import { nestedVitest } from './nested-vitest.ts'

const noSkip = { SKDOCKER_NO_SKIP: '1' }

describe('needs', () => {
  beforeEach(() => void vi.stubEnv('SKDOCKER_NO_SKIP', undefined))
  afterEach(() => void vi.unstubAllEnvs())

  test.each(['sh', 'no-such-tool or sh', `arch:${process.arch}`, 'kernel:2.6', 'filesystem:proc'])(
    '%s is there',
    need => {
      expect(whyUnmet(need)).toBeUndefined()
      expect(needs(need)).toEqual({ skip: false, meta: {} })
    },
  )

  test.each([
    ['no-such-tool', 'needs no-such-tool: no-such-tool is not on PATH'],
    ['kernel:1000.1', /^needs kernel:1000.1: Linux .* is older than 1000.1$/],
    ['filesystem:nofs', 'needs filesystem:nofs: the kernel does not know the filesystem nofs'],
    ['cgroup:nothing', 'needs cgroup:nothing: no cgroup hierarchy has the controller nothing'],
    ['no-a or no-b', 'needs no-a or no-b: no-a is not on PATH; no-b is not on PATH'],
  ])('%s is not', (need, reason) => {
    expect(whyUnmet(need)).toMatch(reason)
    expect(needs('sh', need)).toEqual({ skip: true, meta: { missing: [expect.stringMatching(reason)] } })
  })

  test('a version is compared by its numbers', () => {
    expect(whyUnmet('kernel:3.9')).toBeUndefined()
  })

  test('a need that nobody has heard of is a mistake', () => {
    expect(() => needs('cgruop:cpu')).toThrow('no such need: cgruop:cpu')
  })

  test('what is missing to a suite is missing to its tests', ({ task }) => {
    expect(() => refuseMissing(task)).not.toThrow()
    const meta = vi.spyOn(task.suite!, 'meta', 'get').mockReturnValue({ missing: ['needs luck'] })
    expect(() => refuseMissing(task)).toThrow('needs luck')
    meta.mockRestore()
  })
})

describe('the summary of a run', () => {
  test('counts what was skipped, by reason', async () => {
    const { stdout, code } = await nestedVitest('/skips')
    expect(code).toBe(0)
    expect(stdout).toContain(
      '  3 skipped\n' +
        '    1 × needs no-such-tool: no-such-tool is not on PATH\n' +
        `    2 × needs arch:pdp11: this is ${process.arch}\n`,
    )
  })

  test('is there when nothing was skipped', async () => {
    const { stdout, code } = await nestedVitest('/skips', ['-t', 'has what it needs'], noSkip)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}0 skipped$/m)
  })

  test('knows tests that skip themselves, and those that give no reason', async () => {
    const { stdout } = await nestedVitest('late-skips')
    expect(stdout).toMatch(/ {2}2 skipped\n {4}1 × the moon is not full\n {4}1 × no reason given/)
  })
})

describe('with SKDOCKER_NO_SKIP=1', () => {
  test('a test that lacks something fails', async () => {
    const { stdout, stderr, code } = await nestedVitest('/skips', [], noSkip)
    expect(code).toBe(1)
    expect(stdout).toMatch(/3 failed \| 3 passed/)
    expect(stderr).toContain('SKDOCKER_NO_SKIP=1, but needs no-such-tool: no-such-tool is not on PATH')
    expect(stdout).toMatch(/^ {2}0 skipped$/m)
  })

  test('any other skip fails the run', async () => {
    const { stdout, code } = await nestedVitest('late-skips', [], noSkip)
    expect(code).toBe(1)
    expect(stdout).toContain('SKDOCKER_NO_SKIP=1: what is skipped has failed')
  })
})
