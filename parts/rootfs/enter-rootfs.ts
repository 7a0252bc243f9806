/** The steps by which a child enters a container's root, with the filesystems and files that Docker mounts there too. */

import * as linux from '#native/linux.ts'
import {
  chdir,
  close_range,
  ignoreFailure,
  mkdir,
  mknod,
  mount,
  open,
  pivot_root,
  type Step,
  umask,
  umount2,
} from '#native/steps.ts'
import { mountDevices } from './devices.ts'
import { reopenTerminal } from './terminal-name.ts'

const { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC } = linux

const S_IFREG = 0o100000
const O_PATH = 0x200000 // the descriptor names a file, and cannot read it

/** The files that are mounted in a container's /etc, as Docker does. */
export const CONFIGURATION = ['hostname', 'hosts', 'resolv.conf'] as const

// An image may have a link there that leads nowhere. The container works without the file, so the failure is ignored.
const bindIfPossible = (fd: number, target: string): Step[] =>
  [mknod(target, S_IFREG | 0o644, 0, 0), mount(`/proc/self/fd/${fd}`, target, null, MS_BIND)].map(ignoreFailure)

/** Makes a directory and those above it, where they are missing. */
const makeDirectories = (path: string): Step[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, index) => mkdir(`/${parts.slice(0, index + 1).join('/')}`))
}

const FIRST_BEYOND_STDERR = 3

const CONSOLE = '/dev/console'

/** What a container's root is made of. */
export type Rootfs = {
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
  return [
    mount('none', '/', null, MS_REC | MS_PRIVATE),
    chdir(base),
    rootfs.mount,
    close_range(FIRST_BEYOND_STDERR, linux.LAST_FD),
    ...CONFIGURATION.map(name => open(`${configuration}/${name}`, O_PATH)),
    ...(terminal ? [ignoreFailure(open(terminal, O_PATH))] : []),
    chdir(merged),
    // This mounts the old root on top of the new one. Source: pivot_root(2), pivot_root(".", ".")
    pivot_root('.', '.'),
    // From here on every path is looked up in the image, and so is every link on its way.
    umask(0),
    ...['/proc', '/dev', '/sys', '/etc'].map(path => mkdir(path)),
    mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC),
    ...mountDevices(),
    umask(0),
    // The kernel lets only the owner of a network namespace mount its sysfs, and with --network host that is the host.
    ignoreFailure(mount('sysfs', '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)),
    ...CONFIGURATION.flatMap((name, index) => bindIfPossible(fdOf(index), `/etc/${name}`)),
    ...(terminal ? bindIfPossible(fdOf(CONFIGURATION.length), CONSOLE) : []),
    // The old root goes, and with it the descriptors that were opened there, because they would be a way back.
    umount2('.', MNT_DETACH),
    ...(terminal ? reopenTerminal(terminal, CONSOLE) : [close_range(FIRST_BEYOND_STDERR, linux.LAST_FD)]),
    umask(0o022),
    ...makeDirectories(workdir),
    chdir(workdir),
  ]
}
