/** A container's root, as steps of its child: layers below, its own directory on top, and what every Linux program expects. */

import { readlinkSync } from 'node:fs'
import { isatty } from 'node:tty'
import * as linux from '../../native/linux.ts'
import {
  chdir,
  mkdir,
  mknod,
  mount,
  perhaps,
  pivot_root,
  type Step,
  symlink,
  umask,
  umount2,
} from '../../native/steps.ts'
import { type Container, directoryOf } from './container.ts'
import { home, layers } from './home.ts'

const { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC } = linux

const S_IFCHR = 0o020000
const S_IFREG = 0o100000

/** name, major and minor number. Source: Documentation/admin-guide/devices.txt */
const DEVICES = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const

/** Files that Docker mounts into a container too; each is in the container's directory. */
export const CONFIGURATION = ['hostname', 'hosts', 'resolv.conf'] as const

// Paths are relative: the kernel takes a comma or a colon in an option for its end.
const root = ({ id, layers: stack }: Container, merged: string): Step => {
  const own = directoryOf(id)
  if (stack.length === 0) return mount(`${own}/rootfs`, merged, null, MS_BIND)
  const lower = stack.map(layer => `${layers}/${layer}`).join(':')
  return mount('overlay', merged, 'overlay', 0, `lowerdir=${lower},upperdir=${own}/upper,workdir=${own}/work`)
}

const devices = (dev: string): Step[] => [
  mount('tmpfs', dev, 'tmpfs', MS_NOSUID | MS_NOEXEC, 'mode=755,size=64k'),
  ...DEVICES.map(([name, major, minor]) => mknod(`${dev}/${name}`, S_IFCHR | 0o666, major, minor)),
  mkdir(`${dev}/pts`),
  mount('devpts', `${dev}/pts`, 'devpts', MS_NOSUID | MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
  mkdir(`${dev}/shm`, 0o1777),
  mount('shm', `${dev}/shm`, 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=1777,size=64m'),
  symlink('pts/ptmx', `${dev}/ptmx`),
  symlink('/proc/self/fd', `${dev}/fd`),
  ...['stdin', 'stdout', 'stderr'].map((name, fd) => symlink(`/proc/self/fd/${fd}`, `${dev}/${name}`)),
]

// Without a name inside for the terminal, ttyname(3) would not find it.
const console = (dev: string): Step[] =>
  isatty(0)
    ? [
        mknod(`${dev}/console`, S_IFREG | 0o600, 0, 0),
        mount(readlinkSync('/proc/self/fd/0'), `${dev}/console`, null, MS_BIND),
      ]
    : []

const configuration = ({ id }: Container, merged: string): Step[] =>
  CONFIGURATION.map(name => mount(`${directoryOf(id)}/${name}`, `${merged}/etc/${name}`, null, MS_BIND))

/** Each directory on the way; what is there already is as good. */
const makePath = (path: string): Step[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, index) => mkdir(`/${parts.slice(0, index + 1).join('/')}`))
}

/**
 * Steps that leave a child in the container's root, with no way back to the host's.
 * It must be in a mount namespace of its own.
 */
export const enterRoot = (container: Container): Step[] => {
  const merged = `${directoryOf(container.id)}/merged`
  const dev = `${merged}/dev`
  return [
    mount('none', '/', null, MS_REC | MS_PRIVATE),
    chdir(home()),
    root(container, merged),
    umask(0),
    ...devices(dev),
    ...console(dev),
    ...configuration(container, merged),
    mount('proc', `${merged}/proc`, 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC),
    // In the host's network namespace it is the host's to mount.
    perhaps(mount('sysfs', `${merged}/sys`, 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)),
    chdir(merged),
    // The old root on top of the new one, and off with it. Source: pivot_root(2), pivot_root(".", ".")
    pivot_root('.', '.'),
    umount2('.', MNT_DETACH),
    umask(0o022),
    ...makePath(container.workdir),
    chdir(container.workdir),
  ]
}
