/** The steps by which a child enters a container's root, with the filesystems and files that Docker mounts there too. */

import { constants } from 'node:fs'
import * as linux from '#native/linux.ts'
import {
  chdir,
  close,
  close_range,
  ignoreFailure,
  mkdir,
  mknod,
  mount,
  open,
  openInRoot,
  pivot_root,
  type Step,
  umask,
  umount2,
  unlink,
} from '#native/steps.ts'
import { mountDevices } from './devices.ts'
import { reopenTerminal } from './terminal-name.ts'
import { makeAndEnterDirectory } from './work-directory.ts'

const {
  FIRST_BEYOND_STDERR,
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  O_PATH,
  RESOLVE_NO_SYMLINKS,
} = linux

const S_IFREG = 0o100000

/** The files that are mounted in a container's /etc, as Docker does. */
const CONFIGURATION = ['hostname', 'hosts', 'resolv.conf'] as const

/** The directories of a root in which something is mounted. */
const MOUNT_DIRECTORIES = ['/proc', '/dev', '/sys', '/etc'] as const

/**
 * Makes a directory of the root where it is missing. An image that has a link there is refused, because what is mounted
 * would land where the link leads. Nobody else is in the container yet, so that the directory stays what it was.
 * @param fd the lowest free descriptor
 */
const makeMountDirectory = (path: string, fd: number): Step[] => [
  mkdir(path),
  openInRoot(path, O_PATH | constants.O_DIRECTORY, RESOLVE_NO_SYMLINKS),
  close(fd),
]

/** Mounts an open file over a new one, so that nothing which the image or the container has put there is followed. */
const bindOverNew = (fd: number, target: string): Step[] => [
  { ...unlink(target), toleratedErrors: ['ENOENT'] },
  mknod(target, S_IFREG | 0o644, 0, 0),
  mount(`/proc/self/fd/${fd}`, target, null, MS_BIND),
]

const CONSOLE = '/dev/console'

/** What a container's root is made of. */
type Rootfs = {
  /** the directory on the host that the next three are relative to */
  readonly base: string
  /** the step that mounts the root at `merged` */
  readonly mount: Step
  readonly merged: string
  /** the directory that holds the files of CONFIGURATION */
  readonly configuration: string
  /** the path on the host of the caller's terminal, which becomes /dev/console; undefined for a container without one */
  readonly terminal: string | undefined
  /** the path inside at which the command begins; it is made where it is missing */
  readonly workdir: string
}

/**
 * Steps after which a child is in the container's root and has no way back to the host's. The child must be in a mount
 * namespace of its own. Its descriptors beyond 2 are closed.
 */
export const enterRootfs = (rootfs: Rootfs): Step[] => {
  const { base, merged, configuration, terminal, workdir } = rootfs
  // open(2) returns the lowest free descriptor.
  const fdOf = (index: number): number => FIRST_BEYOND_STDERR + index
  const opened = CONFIGURATION.length + (terminal ? 1 : 0)
  return [
    mount('none', '/', null, MS_REC | MS_PRIVATE),
    chdir(base),
    rootfs.mount,
    close_range(FIRST_BEYOND_STDERR, linux.LAST_FD),
    ...CONFIGURATION.map(name => open(`${configuration}/${name}`, O_PATH)),
    ...(terminal ? [open(terminal, O_PATH)] : []),
    chdir(merged),
    // This mounts the old root on top of the new one. Source: pivot_root(2), pivot_root(".", ".")
    pivot_root('.', '.'),
    // From here on every path is looked up in the image, and so is every link on its way.
    umask(0),
    ...MOUNT_DIRECTORIES.flatMap(path => makeMountDirectory(path, fdOf(opened))),
    mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC),
    ...mountDevices(),
    umask(0),
    // The kernel lets only the owner of a network namespace mount its sysfs, and with --network host that is the host.
    ignoreFailure(mount('sysfs', '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)),
    ...CONFIGURATION.flatMap((name, index) => bindOverNew(fdOf(index), `/etc/${name}`)),
    // A terminal that cannot be mounted has no name, but it works.
    ...(terminal ? bindOverNew(fdOf(CONFIGURATION.length), CONSOLE).map(ignoreFailure) : []),
    // The old root goes, and with it the descriptors that were opened there, because they would be a way back.
    umount2('.', MNT_DETACH),
    ...(terminal ? reopenTerminal(terminal, CONSOLE) : [close_range(FIRST_BEYOND_STDERR, linux.LAST_FD)]),
    umask(0o022),
    ...makeAndEnterDirectory(workdir),
  ]
}
