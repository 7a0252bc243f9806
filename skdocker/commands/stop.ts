import { getopt, hasErrno, libc, ProgramError } from '#native/index.ts'
import { SIGKILL, SIGTERM } from '#native/linux.ts'
import { type Container, findContainer, stateOf } from '../container.ts'
import { settle } from '../finish.ts'

const options = {
  time: {
    type: 'string',
    short: 't',
    valueName: 'SECONDS',
    help: 'how long it may take to end by itself; 10 unless told',
  },
} as const

const seconds = (text = '10'): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new ProgramError(`--time ${JSON.stringify(text)}: it takes a whole number of seconds`)
}

const signal = ({ init }: Container, number: number): void => {
  try {
    libc.kill(init!.pid, number)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

const ended = async (container: Container, patience: number): Promise<boolean> => {
  const deadline = Date.now() + patience * 1000
  while (stateOf(container) === 'running') {
    if (Date.now() >= deadline) return false
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return true
}

const KILLED = 10 // seconds; the kernel needs them only when a disk does not answer

/**
 * Ends a container: SIGTERM, and SIGKILL when that is not heard.
 * @param patience seconds between the two
 * @throws ProgramError when it does not even die of SIGKILL
 */
export const end = async (container: Container, patience: number): Promise<void> => {
  if (stateOf(container) !== 'running') return
  if (patience > 0) signal(container, SIGTERM)
  if (await ended(container, patience)) return
  signal(container, SIGKILL)
  if (!(await ended(container, KILLED))) throw new ProgramError(`container ${container.id} does not die of SIGKILL`)
}

/** skdocker stop: ends containers. One that has ended already is fine. */
export const stop = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container> [container...]', options, args, 'skdocker stop')
  const patience = seconds(given.time)
  for (const name of operands) {
    const container = findContainer(name)
    await end(container, patience)
    // So that what it had is gone when this returns; who waits for it may be a moment behind.
    if (container.init) await settle(container)
    console.log(name)
  }
  return 0
}
