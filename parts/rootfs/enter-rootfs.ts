/** A container's root, as steps of its child: the way in, and what every Linux program expects to find there. */

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
  symlink,
  umask,
  umount2,
} from '#native/steps.ts'
import { reopen } from './terminal-name.ts'

const { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC } = linux

const S_IFCHR = 0o020000
const S_IFREG = 0o100000
const O_PATH = 0x200000 // a place in the tree of files, not what is in it

/** name, major and minor number. Source: Documentation/admin-guide/devices.txt */
const DEVICES = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const

/** Files that Docker mounts into a container too. */
export const CONFIGURATION = ['hostname', 'hosts', 'resolv.conf'] as const

const devices = [
  mount('tmpfs', '/dev', 'tmpfs', MS_NOSUID | MS_NOEXEC, 'mode=755,size=64k'),
  ...DEVICES.map(([name, major, minor]) => mknod(`/dev/${name}`, S_IFCHR | 0o666, major, minor)),
  mkdir('/dev/pts'),
  mount('devpts', '/dev/pts', 'devpts', MS_NOSUID | MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
  mkdir('/dev/shm', 0o1777),
  mount('shm', '/dev/shm', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=1777,size=64m'),
  symlink('pts/ptmx', '/dev/ptmx'),
  symlink('/proc/self/fd', '/dev/fd'),
  ...['stdin', 'stdout', 'stderr'].map((name, fd) => symlink(`/proc/self/fd/${fd}`, `/dev/${name}`)),
]

// An image may have links where these belong, and links that lead nowhere: without the file it works as well.
const bindIfPossible = (fd: number, target: string): Step[] =>
  [mknod(target, S_IFREG | 0o644, 0, 0), mount(`/proc/self/fd/${fd}`, target, null, MS_BIND)].map(ignoreFailure)

/** Each directory on the way; what is there already is as good. */
const makePath = (path: string): Step[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, index) => mkdir(`/${parts.slice(0, index + 1).join('/')}`))
}

const FIRST = 3
const LAST = 0xffffffff

const CONSOLE = '/dev/console'

/** A root that is not entered yet. */
export type Rootfs = {
  /** the directory that the paths below are relative to, before the root is entered */
  readonly base: string
  /** mounts it at `merged` */
  readonly mount: Step
  readonly merged: string
  /** the directory that holds the files of CONFIGURATION */
  readonly configuration: string
  /** the caller's, by its path on the host, where the container is to have it: as /dev/console */
  readonly terminal: string | undefined
  /** where the command begins, a path inside, which is made where it is missing */
  readonly workdir: string
}

/**
 * Steps that leave a child in a container's root, with no way back to the host's.
 * It must be in a mount namespace of its own. Descriptors beyond 2 are closed.
 */
export const enterRootfs = (rootfs: Rootfs): Step[] => {
  const { base, merged, configuration, terminal, workdir } = rootfs
  // The lowest free descriptor is what open(2) returns.
  const fdOf = (index: number): number => FIRST + index
  return [
    mount('none', '/', null, MS_REC | MS_PRIVATE),
    chdir(base),
    rootfs.mount,
    close_range(FIRST, LAST),
    ...CONFIGURATION.map(name => open(`${configuration}/${name}`, O_PATH)),
    ...(terminal ? [ignoreFailure(open(terminal, O_PATH))] : []),
    chdir(merged),
    // The old root on top of the new one. Source: pivot_root(2), pivot_root(".", ".")
    pivot_root('.', '.'),
    // From here on every path is looked up in the image, and so is every link on the way.
    umask(0),
    ...['/proc', '/dev', '/sys', '/etc'].map(path => mkdir(path)),
    mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC),
    ...devices,
    // In the host's network namespace it is the host's to mount.
    ignoreFailure(mount('sysfs', '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)),
    ...CONFIGURATION.flatMap((name, index) => bindIfPossible(fdOf(index), `/etc/${name}`)),
    ...(terminal ? bindIfPossible(fdOf(CONFIGURATION.length), CONSOLE) : []),
    // Off with the old root; what was opened there is still in it, and must not be held open.
    umount2('.', MNT_DETACH),
    ...(terminal ? reopen(terminal, CONSOLE) : [close_range(FIRST, LAST)]),
    umask(0o022),
    ...makePath(workdir),
    chdir(workdir),
  ]
}
