import { getopt, ProgramError } from '../../../native/index.ts'
import { findContainer, removeContainer, stateOf } from '../container.ts'
import { reap } from '../start.ts'
import { end } from './stop.ts'

const options = { force: { type: 'boolean', short: 'f', help: 'also when it runs: it is killed' } } as const

/** skdocker rm: removes containers and all that they have changed. */
export const rm = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container> [container...]', options, args, 'skdocker rm')
  for (const name of operands) {
    const container = findContainer(name)
    const isRunning = stateOf(container) === 'running'
    if (isRunning && !given.force)
      throw new ProgramError(
        `container ${name} is running: stop it first with "skdocker stop ${name}", or use rm -f`,
      )
    if (isRunning) {
      await end(container, 0)
      await reap(container)
    }
    removeContainer(container)
    console.log(name)
  }
  return 0
}
