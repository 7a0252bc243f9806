/** /dev of a container: what every Linux program expects to find there, and no device of the host. */

import { MS_NODEV, MS_NOEXEC, MS_NOSUID } from '#native/linux.ts'
import { mkdir, mknod, mount, type Step, symlink, umask } from '#native/steps.ts'

const S_IFCHR = 0o020000

/** name, major and minor number. Source: Documentation/admin-guide/devices.txt */
const DEVICES = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const

/**
 * Steps that mount a filesystem in memory at /dev and fill it. They are for a child that is in the container's root, with
 * a mount namespace of its own.
 */
export const mountDevices = (): Step[] => [
  umask(0), // it would take rights away from the devices
  mount('tmpfs', '/dev', 'tmpfs', MS_NOSUID | MS_NOEXEC, 'mode=755,size=64k'),
  ...DEVICES.map(([name, major, minor]) => mknod(`/dev/${name}`, S_IFCHR | 0o666, major, minor)),
  mkdir('/dev/pts'),
  mount('devpts', '/dev/pts', 'devpts', MS_NOSUID | MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
  mkdir('/dev/shm', 0o1777),
  mount('shm', '/dev/shm', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=1777,size=64m'),
  symlink('pts/ptmx', '/dev/ptmx'),
  symlink('/proc/self/fd', '/dev/fd'),
  ...['stdin', 'stdout', 'stderr'].map((name, fd) => symlink(`/proc/self/fd/${fd}`, `/dev/${name}`)),
  umask(process.umask()),
]
