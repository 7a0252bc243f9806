/** clone(2), safe to call from Node. */

import { closeSync, openSync } from 'node:fs'
import { cloneAt, setns, sigprocmask } from './libc.ts'
import { CLONE_NEWPID, SIG_BLOCK, SIG_SETMASK } from './linux.ts'
import type { Page } from './page.ts'

const ALL = new Uint8Array(128).fill(0xff) // a libc sigset_t

/**
 * Children of this thread are born in another pid namespace meanwhile. It must not start a thread then: the kernel
 * refuses a thread in another namespace than its process.
 */
const inPidNamespace = <T>(fd: number | undefined, act: () => T): T => {
  if (fd === undefined) return act()
  const own = openSync('/proc/self/ns/pid', 'r')
  try {
    setns(fd, CLONE_NEWPID)
    return act()
  } finally {
    setns(own, CLONE_NEWPID)
    closeSync(own)
  }
}

/**
 * Starts one of a page's programs as a child, with every signal blocked: a handler of Node's must not run in it.
 * @param how clone flags and the signal for the parent
 * @param pidNamespace a descriptor of the pid namespace to be born in, or a pidfd of a process in it; ours unless told
 * @returns the child's pid
 * @throws SystemCallError
 */
export const launch = (page: Page, program: number, how: number, pidNamespace?: number): number => {
  const { code, stack } = page.start(program)
  const before = new Uint8Array(ALL.length)
  sigprocmask(SIG_BLOCK, ALL, before)
  try {
    return inPidNamespace(pidNamespace, () => cloneAt(code, stack, how))
  } finally {
    sigprocmask(SIG_SETMASK, before, null)
  }
}
