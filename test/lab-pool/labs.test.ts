import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leftoverGroups } from '../../runner/lab/lab-cgroups.ts'
import { vitest } from '../../runner/test/vitest-command.ts'
import { command, hostUnchanged, needs, repository } from '../harness/index.ts'

hostUnchanged()

const config = join(repository, 'test/harness/fixtures/vitest.config.ts')

const startRun = async (fixture: string) => {
  const env = { NO_COLOR: '1', SKDOCKER_LABS: '1' }
  const run = await command(process.execPath, ...vitest(), '--config', config, fixture).start([], { env })
  await run.stdout.waitFor('it has begun')
  return run
}

describe('a test run in labs', needs('root', 'ip'), () => {
  test('that is ended by a signal has closed its labs when it is gone', async () => {
    const run = await startRun('endless')
    run.kill('SIGTERM')
    await run.exit()
    expect(leftoverGroups()).toEqual([])
  })

  test('that is killed leaves nothing but empty groups, which the next run removes', async () => {
    const killed = await startRun('endless')
    killed.kill('SIGKILL')
    await killed.exit()
    expect(leftoverGroups()).not.toEqual([])
    const next = await startRun('endless')
    expect(leftoverGroups()).toEqual([])
    next.kill('SIGTERM')
    await next.exit()
  })
})
