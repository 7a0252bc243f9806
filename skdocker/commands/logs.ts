import { closeSync, openSync, readSync } from 'node:fs'
import { getopt, hasErrno } from '#native/index.ts'
import { printBytes } from '#native/output.ts'
import { findContainer, stateOf } from '../container-state.ts'
import { containerPaths } from '../home-layout.ts'

const options = { follow: { type: 'boolean', short: 'f', help: 'go on until the container has ended' } } as const

const INTERVAL = 100 // ms between two looks
const CHUNK = 64 * 1024 // bytes

/** Opens a log. Returns undefined when there is none: the container has written to its caller's terminal, or is gone. */
const openLog = (path: string): number | undefined => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Shows what has been written since the last time. */
const showRest = (log: number): void => {
  const chunk = Buffer.alloc(CHUNK)
  for (let length = readSync(log, chunk); length > 0; length = readSync(log, chunk))
    printBytes(chunk.subarray(0, length))
}

/** skdocker logs: what a detached container has written. */
export const logs = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container>', options, args, 'skdocker logs')
  const container = findContainer(operands[0])
  // With --rm the log goes with the container, but what is open can be read to its end.
  const log = openLog(containerPaths(container.id).log)
  if (log === undefined) return 0
  while (given.follow && stateOf(container) === 'running') {
    showRest(log)
    await new Promise(resolve => setTimeout(resolve, INTERVAL))
  }
  showRest(log)
  closeSync(log)
  return 0
}
