/** Finds the first process of a container in the process table, whatever program has made it, in whatever language. */

import { readlinkSync, statSync } from 'node:fs'
import { namespaces, status } from './process-facts.ts'
import { type Process, startedBy } from './processes.ts'

const unlessGone = <T>(look: () => T): T | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}

const executable = (pid: number | 'self'): string | undefined => unlessGone(() => readlinkSync(`/proc/${pid}/exe`))

// Between clone and exec a child is still its parent's program, though it may have its new root already.
const hasExeced = ({ pid, ppid }: Process): boolean => {
  const program = executable(pid)
  return program !== undefined && program !== executable(ppid) && program !== executable('self')
}

// After unshare(CLONE_NEWPID) a process is where it was; its next child is the first of the new namespace.
const isAboutToFork = (pid: number): boolean => {
  const all = unlessGone(() => namespaces(pid))
  return all === undefined || all.pid_for_children !== all.pid
}

// NSpid has the pid in each nested namespace, the innermost last.
const isFirst = (pid: number): boolean => unlessGone(() => /\t1$/.test(status(pid).NSpid ?? '')) ?? false

const ownNamespaces = (pid: number): string | undefined =>
  unlessGone(() => {
    // Those for children are set by unshare, before there is a container.
    const { pid_for_children, time_for_children, ...own } = namespaces(pid)
    return JSON.stringify(own)
  })

const hasOwnNamespaces =
  (starter: number) =>
  (pid: number): boolean => {
    const own = ownNamespaces(pid)
    return own !== undefined && own !== ownNamespaces(starter)
  }

const rootInode = (pid: number | 'self'): string | undefined =>
  unlessGone(() => {
    const { dev, ino } = statSync(`/proc/${pid}/root/`)
    return `${dev}:${ino}`
  })

// By its inode: after pivot_root(2) its path is / again.
const hasOwnRoot = (pid: number): boolean => {
  const [own, ours] = [rootInode(pid), rootInode('self')]
  return own !== undefined && own !== ours
}

/**
 * Looks for the container's first process, as the host sees it: the descendant that runs the container's command already,
 * and no more of its starter, and has a root of its own. Of several it is process 1 of a new pid namespace: a starter
 * that calls unshare(2) itself is in the other new namespaces, too. See pid_namespaces(7).
 * @param starter the program, or anything above it (npx, a shell)
 * @param options.root 'host' for a container that has the host's root and is told by its namespaces alone
 * @returns a look, to be repeated: it returns undefined until the same process has been seen twice, because a wrapper
 * (chroot(1), a shell) is in the container for a moment before it becomes the command
 */
export const findInit = (
  starter: number,
  options: { readonly root?: 'own' | 'host' } = {},
): (() => number | undefined) => {
  const isConfined = options.root === 'host' ? hasOwnNamespaces(starter) : hasOwnRoot
  let before: string | undefined
  return () => {
    const confined = startedBy(starter).filter(process => hasExeced(process) && isConfined(process.pid))
    const init = confined.find(({ pid }) => isFirst(pid)) ?? confined.find(({ pid }) => !isAboutToFork(pid))
    const now = init && `${init.pid} ${executable(init.pid)} ${init.comm}`
    if (now === before) return init?.pid
    before = now
    return undefined
  }
}

/**
 * Looks for the first descendant that runs a program of its own, for a command that is given neither a root nor a
 * namespace (02-chroot/hello-shell.ts, the commands of 01-shell).
 */
export const findCommand = (starter: number): number | undefined => startedBy(starter).find(hasExeced)?.pid
