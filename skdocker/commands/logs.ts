import { createReadStream, existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { getopt, hasErrno } from '#native/index.ts'
import { findContainer, stateOf } from '../container-state.ts'
import { containerPaths } from '../home-layout.ts'

const options = { follow: { type: 'boolean', short: 'f', help: 'go on until the container has ended' } } as const

const INTERVAL = 100 // ms between two looks

/** skdocker logs: what a detached container has written. */
export const logs = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container>', options, args, 'skdocker logs')
  const container = findContainer(operands[0])
  const path = containerPaths(container.id).log
  if (!existsSync(path)) return 0 // it has written to its caller's terminal
  let shown = 0
  const show = async (): Promise<void> => {
    const rest = createReadStream(path, { start: shown })
    await pipeline(rest, process.stdout, { end: false })
    shown += rest.bytesRead
  }
  try {
    while (given.follow && stateOf(container) === 'running') {
      await show()
      await new Promise(resolve => setTimeout(resolve, INTERVAL))
    }
    await show()
  } catch (error) {
    // `skdocker logs | head`: nobody reads on. With --rm the log goes with the container.
    if (!hasErrno(error, 'EPIPE', 'ENOENT')) throw error
  }
  return 0
}
