import { getopt } from '../../../native/index.ts'
import { listContainers } from '../container.ts'
import { reap as reapContainer } from '../start.ts'

/** skdocker reap, which is not for people: the shim of a detached container becomes this when the container has ended. */
export const reap = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container>', {}, args, 'skdocker reap')
  const container = listContainers().find(({ id }) => id === operands[0])
  if (container) await reapContainer(container)
  return 0
}
