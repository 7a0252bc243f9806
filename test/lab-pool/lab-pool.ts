/**
 * Where test files are run: in labs, several at once, so that nothing else on the machine can make them fail and they
 * cannot harm it. Where no lab can be made they run on the machine itself, one after another.
 */

import { availableParallelism } from 'node:os'
import type { PoolRunnerInitializer, TestUserConfig } from 'vitest/node'
import { whyUnmet } from '../../runner/needs/probes.ts'
import { LabWorker } from './lab-worker.ts'
import { Labs } from './labs.ts'

/** How many labs are used: as many as there are processors, unless SKDOCKER_LABS says another number. 0 is none. */
const wanted = (): number => {
  const given = process.env.SKDOCKER_LABS
  if (given === undefined) return availableParallelism()
  if (/^\d+$/.test(given)) return Number(given)
  throw new RangeError(`SKDOCKER_LABS=${given}: it takes the number of labs, 0 for none`)
}

const labPool = (labs: Labs): PoolRunnerInitializer => ({
  name: 'lab',
  createPoolWorker: options => {
    // Vitest closes once: what is registered for every worker is done for the first, and nothing is left for the others.
    options.project.vitest.onClose(() => labs.close())
    return new LabWorker(options, labs)
  },
})

/** The part of vitest's configuration that says where and how many test files run at once. */
export const whereTestsRun = (): TestUserConfig => {
  const labs = whyUnmet('root') === undefined && whyUnmet('net') === undefined ? wanted() : 0
  if (labs === 0) return { pool: 'forks', fileParallelism: false }
  return { pool: labPool(new Labs(labs)), maxWorkers: labs }
}
