import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs'
import { getopt } from '../../../native/index.ts'
import { fileIn, findContainer, stateOf } from '../container.ts'

const options = { follow: { type: 'boolean', short: 'f', help: 'go on until the container has ended' } } as const

const STDOUT = 1
const AT_ONCE = 64 * 1024

const copy = (from: number, buffer: Buffer): void => {
  for (let length = readSync(from, buffer); length > 0; length = readSync(from, buffer))
    for (let done = 0; done < length; ) done += writeSync(STDOUT, buffer, done, length - done)
}

/** skdocker logs: what a detached container has written. */
export const logs = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container>', options, args, 'skdocker logs')
  const container = findContainer(operands[0])
  const path = fileIn(container.id, 'log')
  if (!existsSync(path)) return 0 // it wrote to the terminal
  const fd = openSync(path, 'r')
  const buffer = Buffer.alloc(AT_ONCE)
  while (given.follow && stateOf(container) === 'running') {
    copy(fd, buffer)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  copy(fd, buffer)
  closeSync(fd)
  return 0
}
