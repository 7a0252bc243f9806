import { descendants, type Process, processes } from '../../runner/probe/processes.ts'
import { isMarked, markedProcesses } from './mark.ts'
import { scaled, sleep } from './timeout.ts'

const sendSignal = (signal: NodeJS.Signals, pid: number): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // The process has ended before.
  }
}

/**
 * Ends processes with SIGKILL, each by its pid, and looks again until none is left but zombies.
 * @param find those to be ended, looked up anew each time
 * @throws Error naming those that are still there after two seconds
 */
const killAll = async (find: () => Process[]): Promise<void> => {
  const deadline = performance.now() + scaled(2000)
  for (;;) {
    const alive = find().filter(({ state }) => state !== 'Z')
    if (alive.length === 0) return
    for (const { pid } of alive) sendSignal('SIGKILL', pid)
    if (performance.now() > deadline) {
      throw new Error(`cannot be killed: ${alive.map(({ pid, comm }) => `${pid} (${comm})`).join(', ')}`)
    }
    await sleep(10)
  }
}

const goneWithin = async (timeout: number, remaining: () => Process[]): Promise<boolean> => {
  const deadline = performance.now() + timeout
  while (remaining().length > 0) {
    if (performance.now() > deadline) return false
    await sleep(10)
  }
  return true
}

// Once a process is gone, its pid may belong to a stranger. The start time and the mark tell them apart.
const membersOfSession = ({ pid, starttime }: Process, all: Process[]): Process[] => {
  const leader = all.filter(process => process.pid === pid && process.starttime === starttime)
  const session = all.filter(process => process.session === pid && isMarked(process.pid))
  return [...leader, ...leader.flatMap(() => descendants(pid, all)), ...session]
}

/**
 * Ends a process with its descendants and all of its session, as found before the first is killed:
 * an orphan loses its ancestors, but not its session. The process is first asked to end, then made to, each
 * time with a moment for it, or for what it has left behind to clean up, to undo things. The rest is killed.
 * @param leader of a session of its own, as it was when it was started; it may be gone by now
 * @param request the signal that asks: SIGHUP where a terminal is closed
 */
export const endSession = async (leader: Process, request: 'SIGTERM' | 'SIGHUP'): Promise<void> => {
  const known = new Map<number, number>()
  const remaining = () => {
    const all = processes()
    for (const { pid, starttime } of membersOfSession(leader, all)) known.set(pid, starttime)
    return all.filter(({ pid, starttime, state }) => known.get(pid) === starttime && state !== 'Z')
  }
  for (const signal of [request, 'SIGKILL'] as const) {
    if (!remaining().some(({ pid }) => pid === leader.pid)) break
    sendSignal(signal, leader.pid)
    if (await goneWithin(scaled(200), remaining)) return
  }
  await killAll(remaining)
}

/**
 * Ends everything that this test file has started and that still runs.
 * @param spared pids of those that may stay
 */
export const killMarked = async (spared: ReadonlySet<number> = new Set()): Promise<void> => {
  await killAll(() => markedProcesses().filter(({ pid }) => !spared.has(pid)))
}
