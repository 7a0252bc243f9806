/**
 * Gives the caller's terminal a name inside a container. A container does not see the devices of the host, so ttyname(3)
 * would find no name for its terminal, and tty(1) and every program that asks for a password would fail.
 */

import { fstatSync, readlinkSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import { clone, exitCode } from '#native/index.ts'
import { CLONE_NEWNS, FIRST_BEYOND_STDERR, LAST_FD, MNT_DETACH, SIGCHLD } from '#native/linux.ts'
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

const fileOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`)

/**
 * The path on the host of the terminal that is this program's stdin; undefined when stdin is no terminal, and when its
 * path means another one here, as it may in somebody's container.
 */
export const callersTerminal = (): string | undefined => {
  if (!isatty(0)) return undefined
  const path = fileOf(0)
  return statSync(path, { throwIfNoEntry: false })?.rdev === fstatSync(0).rdev ? path : undefined
}

/**
 * Opens the terminal again by its name inside, for each of 0, 1 and 2 that is open on it. A descriptor that was opened on
 * the host keeps a path that leads nowhere inside, and musl's ttyname(3) believes it. Descriptors beyond 2 are closed.
 * @param terminal its path on the host
 * @param name its path inside
 */
export const reopenTerminal = (terminal: string, name: string): Step[] => {
  const same = [0, 1, 2].filter(fd => isatty(fd) && fileOf(fd) === terminal)
  return [
    close_range(FIRST_BEYOND_STDERR, LAST_FD),
    ignoreFailure(open(name, O_RDWR)),
    ...same.map(fd => ignoreFailure(dup2(FIRST_BEYOND_STDERR, fd))),
    close_range(FIRST_BEYOND_STDERR, LAST_FD),
  ]
}

/** Descriptors by which a running container can be entered: its first process, and its root directory. */
export type Entrance = { readonly pidfd: number; readonly root: number }

/** Each terminal has a name of its own, so that two people can be in a container at once: /dev/pts/3 becomes /dev/pts3. */
export const nameInside = (terminal: string): string =>
  `/dev/${terminal.replace(/^\/dev\//, '').replaceAll('/', '')}`

// Greater than any descriptor that is open, and below every limit.
const KEPT = { pidfd: 200, root: 201 }

/**
 * Steps that enter a container and give the terminal its name there. Descriptors from 3 to 199 are closed.
 * @param terminal its path on the host
 * @param namespaces CLONE_NEW… flags
 */
export const enterWithTerminal = (terminal: string, { pidfd, root }: Entrance, namespaces: number): Step[] => [
  dup2(pidfd, KEPT.pidfd),
  dup2(root, KEPT.root),
  close_range(FIRST_BEYOND_STDERR, KEPT.pidfd - 1), // so that open_tree(2) returns the first of them
  ignoreFailure(open_tree(terminal)),
  setns(KEPT.pidfd, namespaces),
  fchdir(KEPT.root),
  chroot('.'),
  ignoreFailure(mknod(nameInside(terminal), S_IFREG | 0o600, 0, 0)),
  ignoreFailure(move_mount(FIRST_BEYOND_STDERR, nameInside(terminal))),
]

/**
 * Removes the name that enterWithTerminal() made. If this program is killed before, the name stays until the container
 * ends, and disturbs nobody.
 * @param terminal its path on the host
 */
export const removeTerminalName = async (terminal: string, { pidfd, root }: Entrance): Promise<void> => {
  const name = nameInside(terminal)
  // The host has a file of the same name, so each step after these must not be done unless they succeed.
  const enter = [setns(pidfd, CLONE_NEWNS), fchdir(root), chroot('.')]
  try {
    await exitCode(clone([...enter, umount2(name, MNT_DETACH), ignoreFailure(unlink(name))], SIGCHLD))
  } catch {
    // The container has ended, or there was no such mount.
  }
}
