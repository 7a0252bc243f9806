import { readlinkSync } from 'node:fs'
import { eventually } from '../timeout.ts'
import { namespaces } from './facts.ts'
import { type Process, startedBy } from './processes.ts'

/**
 * The container's first process, as the host sees it: the first descendant with a root or a namespace of
 * its own that already runs the container's command and not the runtime's.
 * @param runtime a pid: the program's own, or that of anything above it (npx, a shell)
 * @throws TimeoutError when there is none in time
 */
export function initOf(runtime: number, timeout?: number): Promise<number> {
  return eventually(
    `the first process of a container below ${runtime}`,
    () => {
      const world = confinement(runtime)
      const init = startedBy(runtime).find(process => {
        const own = confinement(process.pid)
        return own !== undefined && own !== world && hasExeced(process)
      })
      return init?.pid
    },
    timeout,
  )
}

/**
 * The first descendant that runs a program of its own, for a command that is given neither a root nor a
 * namespace (02-chroot/hello-shell.ts, the commands of 01-shell).
 * @param runtime as for initOf
 * @throws TimeoutError when there is none in time
 */
export function commandOf(runtime: number, timeout?: number): Promise<number> {
  return eventually(`a command started by ${runtime}`, () => startedBy(runtime).find(hasExeced)?.pid, timeout)
}

function confinement(pid: number): string | undefined {
  return unlessGone(() => {
    // Those for children are set by unshare, before there is a container.
    const { pid_for_children, time_for_children, ...own } = namespaces(pid)
    return JSON.stringify([readlinkSync(`/proc/${pid}/root`), own])
  })
}

// Between clone and exec a child is still its parent's program, though it may have its new root already.
function hasExeced({ pid, ppid }: Process): boolean {
  const program = executable(pid)
  return program !== undefined && program !== executable(ppid) && program !== executable('self')
}

function executable(pid: number | 'self'): string | undefined {
  return unlessGone(() => readlinkSync(`/proc/${pid}/exe`))
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
