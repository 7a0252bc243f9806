import { getopt } from '#native/index.ts'
import { loadContainer } from '../container-state.ts'
import { endUnattendedContainer } from '../end-container.ts'
import { CONTAINER_NAME } from '../home-layout.ts'

/** skdocker cleanup is not for people: the shim of a detached container executes it when the container has ended. */
export const cleanup = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container>', {}, args, 'skdocker cleanup')
  const container = CONTAINER_NAME.test(operands[0]) ? loadContainer(operands[0]) : undefined
  if (container) await endUnattendedContainer(container)
  return 0
}
