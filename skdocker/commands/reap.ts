import { getopt } from '#native/index.ts'
import { load, NAME } from '../container.ts'
import { reap as reapContainer } from '../finish.ts'

/** skdocker reap, which is not for people: the shim of a detached container becomes this when the container has ended. */
export const reap = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container>', {}, args, 'skdocker reap')
  const container = NAME.test(operands[0]) ? load(operands[0]) : undefined
  if (container) await reapContainer(container)
  return 0
}
