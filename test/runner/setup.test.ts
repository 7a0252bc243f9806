import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { repository } from '../harness/index.ts'

test('the program ends with one line and exit code 1, not with a stack trace', () => {
  const setup = spawnSync(process.execPath, ['--import', 'tsx', 'runner/setup.ts'], {
    cwd: repository,
    env: { ...process.env, BUSYBOX: process.execPath },
    encoding: 'utf8',
  })
  expect(setup.status).toBe(1)
  expect(setup.stderr.trim().split('\n')).toEqual([expect.stringMatching(/^setup: BUSYBOX: .* dynamically linked/)])
})
