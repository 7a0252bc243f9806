import { getopt, hasErrno, libc, ProgramError, print, say } from '#native/index.ts'
import { SIGKILL, SIGTERM } from '#native/linux.ts'
import { type Container, DamagedState, findContainer, livingInit, stateOf } from '../container-state.ts'
import { awaitCleanup, isDiskFull } from '../end-container.ts'
import { stopWithoutState } from '../lost-containers.ts'

const options = {
  time: {
    type: 'string',
    short: 't',
    valueName: 'SECONDS',
    help: 'how long it may take to end by itself; 10 by default',
  },
} as const

const parseSeconds = (text = '10'): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new ProgramError(`--time ${JSON.stringify(text)}: it takes a whole number of seconds`)
}

const sendSignal = (container: Container, signal: number): void => {
  const init = livingInit(container)
  if (!init) return
  try {
    libc.kill(init.pid, signal)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

const endsWithin = async (container: Container, seconds: number): Promise<boolean> => {
  const deadline = Date.now() + seconds * 1000
  while (stateOf(container) === 'running') {
    if (Date.now() >= deadline) return false
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return true
}

const KILL_SECONDS = 10 // the kernel needs so long only when a disk does not answer

/**
 * Stops a container: by SIGTERM, and by SIGKILL when it does not end of that.
 * @param graceSeconds between the two
 * @throws ProgramError when it does not even die of SIGKILL
 */
export const stopContainer = async (container: Container, graceSeconds: number): Promise<void> => {
  if (stateOf(container) !== 'running') return
  if (graceSeconds > 0) sendSignal(container, SIGTERM)
  if (await endsWithin(container, graceSeconds)) return
  sendSignal(container, SIGKILL)
  if (!(await endsWithin(container, KILL_SECONDS)))
    throw new ProgramError(`container ${container.id} does not die of SIGKILL`)
}

// A container whose end cannot be written down has stopped all the same.
const sayThatDiskIsFull = (error: unknown): void => {
  if (!isDiskFull(error)) throw error
  say(`skdocker: ${(error as Error).message}`)
}

const stopNamed = async (name: string, graceSeconds: number): Promise<void> => {
  let container: Container
  try {
    container = findContainer(name)
  } catch (error) {
    if (error instanceof DamagedState) return stopWithoutState(error.id, graceSeconds)
    throw error
  }
  await stopContainer(container, graceSeconds)
  // The container's starter may still be cleaning up, and nothing of a stopped container may be left when this returns.
  if (container.init) await awaitCleanup(container).catch(sayThatDiskIsFull)
}

/** skdocker stop: stops containers. One that has ended already is no error. */
export const stop = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<container> [container...]', options, args, 'skdocker stop')
  const graceSeconds = parseSeconds(given.time)
  for (const name of operands) {
    await stopNamed(name, graceSeconds)
    print(name)
  }
  return 0
}
