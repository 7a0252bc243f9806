import { cgroupOf } from '#chapters/05-cgroup/cgroup.ts'
import { getopt } from '#native/index.ts'
import { findContainer, stateOf } from '../container-state.ts'
import { containerPaths } from '../home-layout.ts'

/** skdocker inspect: all that is known of containers, for people and programs. */
export const inspect = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> [container...]', {}, args, 'skdocker inspect')
  const known = operands.map(findContainer).map(container => ({
    ...container,
    state: stateOf(container),
    directory: `${containerPaths(container.id).directory}/`,
    processes: cgroupOf(container.id)?.processes() ?? [],
    limitsInForce: cgroupOf(container.id)?.limits() ?? {},
  }))
  console.log(JSON.stringify(known, null, 2))
  return 0
}
