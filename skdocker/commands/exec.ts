import { getopt } from '#native/index.ts'
import { findContainer, livingInit } from '../container-state.ts'
import { awaitCleanup } from '../end-container.ts'
import { enterContainer } from '../enter-container.ts'
import { runForeground } from '../start-container.ts'
import { terminalOptions } from '../terminal-options.ts'

/** skdocker exec: a command in a container that runs, or in the saved files of one that does not. */
export const exec = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <command> [argument...]', terminalOptions, args, 'skdocker exec')
  const [given, ...command] = operands
  const container = findContainer(given)
  const init = livingInit(container)
  if (init) return enterContainer(container, init.pid, command)
  // The container may have ended just now, and its starter may still be cleaning up.
  if (container.init) await awaitCleanup(container)
  return runForeground(container, command)
}
