import { getopt, hasErrno, ProgramError } from '#native/index.ts'
import { findContainer, isActive, load, stateOf } from '../container.ts'
import { removeContainer } from '../create.ts'
import { release, settle } from '../finish.ts'
import { end } from './stop.ts'

const options = { force: { type: 'boolean', short: 'f', help: 'also when it runs: it is killed' } } as const

/**
 * skdocker rm: removes containers and all that they have changed.
 * @param report is told the name of each that is gone
 */
export const rm = async (
  args: readonly string[],
  report: (name: string) => void = console.log,
): Promise<number> => {
  const { options: given, operands } = getopt('<container> [container...]', options, args, 'skdocker rm')
  for (const name of operands) {
    const container = findContainer(name)
    if (stateOf(container) === 'running' && !given.force)
      throw new ProgramError(
        `container ${name} is running: stop it first with "skdocker stop ${name}", or use rm -f`,
      )
    await end(container, 0)
    await settled(container.id)
    const now = load(container.id) ?? container
    if (isActive(now))
      throw new ProgramError(`container ${name} is being started by process ${now.runtime?.pid}: end that first`)
    await release(now)
    removeContainer(now)
    report(name)
  }
  return 0
}

// With the disk full nothing can be written down any more. It is to be removed all the same.
const settled = async (id: string): Promise<void> => {
  try {
    await settle({ id })
  } catch (error) {
    if (!hasErrno(error, 'ENOSPC')) throw error
  }
}
