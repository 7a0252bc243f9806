import { join } from 'node:path'
import { vitest } from '../../runner/test/vitest-command.ts'
import { command } from './command.ts'
import type { Environment } from './environment.ts'
import { repository } from './repository.ts'
import { scaled } from './timeout.ts'
import { host } from './world.ts'

/**
 * Runs vitest with a file of fixtures/ and returns what it prints, without colours.
 * @param args further arguments
 * @param world where it may do what would harm the host
 */
export const nestedVitest = (
  fixture: string,
  args: readonly string[] = [],
  env: Environment = {},
  world = host,
) => {
  const config = join(repository, 'test/harness/fixtures/vitest.config.ts')
  return command(process.execPath, ...vitest(), '--config', config, fixture)
    .on(world)
    .run(args, {
      timeout: scaled(60_000),
      // Half the patience: what fails on purpose waits for it.
      env: {
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        SKDOCKER_LABS: '0',
        SKDOCKER_TIMEOUT_SCALE: `${scaled(0.5)}`,
        ...env,
      },
    })
}
