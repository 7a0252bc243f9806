/**
 * Locks on files and directories that exist anyway. They leave nothing behind, and the kernel unlocks them when their
 * holder dies. But a holder may be stopped, at any moment and for as long as somebody likes. So a program that waits says
 * which process it waits for, and a signal can end the wait.
 */

import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import * as libc from './libc.ts'
import { deviceNumbers } from './mountinfo.ts'
import { beginSilence, endSilence, say } from './output.ts'
import { commandLineOf, statOf } from './process-state.ts'
import { ProgramError } from './program-error.ts'
import { Interrupted, isInterruptible, listenToSignals } from './signals.ts'

/** How /proc/locks names a file: by device and inode; undefined when there is no such file. Source: proc_locks(5) */
const nameInLocks = (path: string): string | undefined => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return undefined
  const [major, minor] = deviceNumbers(stat.dev).map(number => number.toString(16).padStart(2, '0'))
  return ` ${major}:${minor}:${stat.ino} `
}

/** Whether somebody has locked a file or a directory. Source: proc_locks(5), which names files by device and inode */
export const isLocked = (path: string): boolean => {
  const name = nameInLocks(path)
  if (name === undefined) return false
  return readFileSync('/proc/locks', 'utf8').includes(name)
}

/** The process that has locked a file; undefined when there is none, or it is of another pid namespace. */
const holderOf = (path: string): number | undefined => {
  const name = nameInLocks(path)
  if (name === undefined) return undefined
  const [beforeName = ''] =
    readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .find(each => each.includes(name))
      ?.split(name) ?? []
  return Number(/ (\d+)$/.exec(beforeName)?.[1]) || undefined
}

const isStopped = (pid: number | undefined): boolean => pid !== undefined && statOf(pid)?.state === 'T'

/** Describes the holder of a lock, and what can be done about it, in words that can follow "waiting for". */
const describeHolder = (path: string, pid: number | undefined): string => {
  if (pid === undefined) return `an unknown process, which has locked ${path}`
  const who = `process ${pid} (${commandLineOf(pid)}), which has locked ${path}`
  return isStopped(pid) ? `${who} and is stopped: "kill -CONT ${pid}" lets it go on` : who
}

// How long one process may hold a lock before a program that waits says so. A holder that runs is at work, perhaps on a
// busy machine, so it gets more time than one that is stopped.
const PATIENCE = { stopped: 1000, running: 5000 } // ms
const LOOK_INTERVAL = 250 // ms between two looks at the holder
const LONGEST_PAUSE = 50 // ms between two tries

/** Watches who holds a lock. The time begins anew when the holder changes, so that nobody is named when many take turns. */
const watchHolder = (path: string) => {
  let [pid, since, looked] = [holderOf(path), performance.now(), performance.now()]
  let isLong = false
  return {
    /** whether the same process has held the lock for long */
    isLong: (): boolean => {
      const now = performance.now()
      if (now - looked < LOOK_INTERVAL) return isLong
      looked = now
      const found = holderOf(path)
      if (found !== pid) [pid, since] = [found, now]
      isLong = now - since > PATIENCE[isStopped(pid) ? 'stopped' : 'running']
      return isLong
    },
    describe: (): string => describeHolder(path, pid),
  }
}

/** The signal that has ended an earlier wait. Every later wait ends as soon as it has become long. */
let interruption: NodeJS.Signals | undefined

/** Waits until a lock is free, and taken. Throws Interrupted. */
const waitUntil = async (path: string, isMine: () => boolean): Promise<void> => {
  const holder = watchHolder(path)
  let isTold = false
  let signal = interruption
  const stopListening = listenToSignals(name => {
    signal = name
  })
  try {
    for (let pause = 1; !isMine(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      // The pause is random, so that none of many waiting programs is always the last.
      await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random())))
      const isLong = holder.isLong()
      // Within uninterrupted() a signal ends the wait only when it has become long; elsewhere it ends the wait at once.
      if (signal && (isLong || isInterruptible())) {
        interruption = signal
        throw new Interrupted(signal, `while this program waited for ${holder.describe()}`)
      }
      if (isLong && !isTold) say(`skdocker: waiting for ${holder.describe()}; Ctrl-C ends the wait`)
      isTold ||= isLong
    }
  } finally {
    stopListening()
  }
}

// Silence begins before the call, so that even the line that --trace prints of it comes after the lock is free again.
const tryToLock = (fd: number): boolean => {
  beginSilence()
  const isMine = libc.flock(fd)
  if (!isMine) endSilence()
  return isMine
}

const waitForLock = async (path: string): Promise<number> => {
  const fd = openSync(path, 'r')
  try {
    if (!tryToLock(fd)) await waitUntil(path, () => tryToLock(fd))
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * Does something while it holds the lock of a file or a directory. Others wait meanwhile, so it must be short, and must
 * not wait for anything that may never come, least of all for another lock. What it says on stderr is said afterwards.
 *
 * A program that has to wait for long says on stderr which process it waits for. From then on, if not before, a signal
 * ends the wait.
 * @throws what act throws, NodeJS.ErrnoException when there is no such file, Interrupted, SystemCallError
 * Source: flock(2)
 */
export const withLock = async <T>(path: string, act: () => T | Promise<T>): Promise<T> => {
  const fd = await waitForLock(path)
  try {
    return await act()
  } finally {
    closeSync(fd)
    endSilence()
  }
}

/**
 * Locks a file or a directory at once. It is for what nobody else has any business with, so it does not wait.
 * @returns a descriptor, which unlocks when it is closed
 * @throws ProgramError when somebody has locked it, NodeJS.ErrnoException when there is no such file
 */
export const lockFile = (path: string): number => {
  const fd = openSync(path, 'r')
  if (libc.flock(fd)) return fd
  closeSync(fd)
  throw new ProgramError(`this program cannot go on because of ${describeHolder(path, holderOf(path))}`)
}
