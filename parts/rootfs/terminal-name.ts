/**
 * The caller's terminal under a name inside a container. The devices of the host are not to be seen there, so ttyname(3),
 * and with it tty(1) and whoever asks for a password, would find that the terminal has none.
 */

import { readlinkSync } from 'node:fs'
import { isatty } from 'node:tty'
import { clone, exitCode } from '#native/index.ts'
import { CLONE_NEWNS, MNT_DETACH, SIGCHLD } from '#native/linux.ts'
import {
  chroot,
  close_range,
  dup2,
  fchdir,
  ignoreFailure,
  mknod,
  move_mount,
  open,
  open_tree,
  type Step,
  setns,
  umount2,
  unlink,
} from '#native/steps.ts'

const S_IFREG = 0o100000
const O_RDWR = 2
const FIRST = 3
const LAST = 0xffffffff

const fileOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`)

/** The path of the terminal that is stdin, on the host; undefined where it is none. */
export const callersTerminal = (): string | undefined => (isatty(0) ? fileOf(0) : undefined)

/**
 * Opens the terminal again by its new name, for each of 0, 1 and 2 that is it: what was opened on the host has a path
 * that leads nowhere inside, and musl's ttyname(3) takes its word for it. Closes the descriptors beyond.
 * @param terminal its path on the host
 * @param name its path inside
 */
export const reopen = (terminal: string, name: string): Step[] => {
  const same = [0, 1, 2].filter(fd => isatty(fd) && fileOf(fd) === terminal)
  return [
    close_range(FIRST, LAST),
    ignoreFailure(open(name, O_RDWR)),
    ...same.map(fd => ignoreFailure(dup2(FIRST, fd))),
    close_range(FIRST, LAST),
  ]
}

/** A container that runs: what its namespaces and its root can be entered by. */
export type Entrance = { readonly pidfd: number; readonly root: number }

// One for each terminal, so that two people do not have the same: /dev/pts/3 is /dev/pts3.
const nameOf = (terminal: string): string => `/dev/${terminal.replace(/^\/dev\//, '').replaceAll('/', '')}`

// Beyond what anybody has open, and below every limit.
const KEPT = { pidfd: 200, root: 201 }

/**
 * Steps that enter a container and take the terminal along. Descriptors beyond 2 are closed.
 * @param namespaces CLONE_NEW… flags
 */
export const enterWith = (terminal: string, { pidfd, root }: Entrance, namespaces: number): Step[] => [
  dup2(pidfd, KEPT.pidfd),
  dup2(root, KEPT.root),
  close_range(FIRST, KEPT.pidfd - 1), // so that the next to be opened is 3
  ignoreFailure(open_tree(terminal)),
  setns(KEPT.pidfd, namespaces),
  fchdir(KEPT.root),
  chroot('.'),
  ignoreFailure(mknod(nameOf(terminal), S_IFREG | 0o600, 0, 0)),
  ignoreFailure(move_mount(FIRST, nameOf(terminal))),
  ...reopen(terminal, nameOf(terminal)),
]

/**
 * Takes the name away again. If nobody can, because this program was killed, it stays until the container ends, and
 * is in nobody's way.
 */
export const forget = async (terminal: string, { pidfd, root }: Entrance): Promise<void> => {
  const name = nameOf(terminal)
  // Only who has come in may do the rest: the names are the same on the host.
  const enter = [setns(pidfd, CLONE_NEWNS), fchdir(root), chroot('.')]
  try {
    await exitCode(clone([...enter, umount2(name, MNT_DETACH), ignoreFailure(unlink(name))], SIGCHLD))
  } catch {
    // The container has ended, or there was no such mount.
  }
}
