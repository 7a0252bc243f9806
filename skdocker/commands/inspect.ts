import { getopt, print } from '#native/index.ts'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { limitsInForce } from '#parts/cgroup/limits.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { findContainer, stateOf } from '../container-state.ts'
import { containerPaths } from '../home-layout.ts'

/** skdocker inspect: all that is known of containers, for people and programs. */
export const inspect = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> [container...]', {}, args, 'skdocker inspect')
  const known = operands.map(findContainer).map(container => ({
    ...container,
    state: stateOf(container),
    directory: `${containerPaths(container.id).directory}/`,
    processes: processesOf(findCgroup(container.id)),
    limitsInForce: limitsInForce(findCgroup(container.id)),
  }))
  print(JSON.stringify(known, null, 2))
  return 0
}
