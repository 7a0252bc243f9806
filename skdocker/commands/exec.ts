import { getopt } from '#native/index.ts'
import { findContainer, stateOf } from '../container.ts'
import { settle } from '../finish.ts'
import { join } from '../join.ts'
import { runForeground } from '../start.ts'

/** skdocker exec: a command in a container that runs, or in the saved files of one that does not. */
export const exec = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <command> [argument...]', {}, args, 'skdocker exec')
  const [given, ...command] = operands
  const container = findContainer(given)
  if (stateOf(container) === 'running') return join(container, container.init!.pid, command)
  // It may have ended this moment, and whoever waits for it is at work.
  if (container.init) await settle(container)
  return runForeground(container, command)
}
