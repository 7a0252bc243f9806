import { describe, expect, test } from 'vitest'
import { needs } from './index.ts'
import { nestedVitest } from './nested-vitest.ts'

// One run, many observations.
describe('hostUnchanged', needs('root', 'ip'), () => {
  test('fails the tests that leave something, says what, and no others', async () => {
    const { stdout, stderr, code } = await nestedVitest('leaks')
    expect(code).toBe(1)
    const failed = [...stdout.matchAll(/^\s+× (.*?) *\d+ms$/gm)].map(match => match[1])
    expect(failed, stderr).toEqual([
      'leaves a mount',
      'leaves a link',
      'leaves a process that has hidden itself',
      'leaves a process in its session',
    ])
    expect(stdout).toMatch(/6 passed/)
    expect(stderr).toMatch(/little world: mounts\n +\+ \/mnt on \/: tmpfs leaked/)
    expect(stderr).toMatch(/little world: links and addresses\n( +\+ link .*\n)* +\+ link .*ifname:leaked/)
    expect(stderr).toMatch(/processes\n +\+ \d+ \(sleep\) sleep 61/)
    expect(stderr).toMatch(/processes\n +\+ \d+ \(sleep\) sleep 62/)
  })
})
