/**
 * What makes a lab of fresh namespaces: its mounts and its host name. A child of this program makes them with one system
 * call each, where a script would start a program for each.
 */

import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { release, userInfo } from 'node:os'
import { dirname, join, relative } from 'node:path'
import * as libc from '#native/libc.ts'
import * as linux from '#native/linux.ts'
import { mounts } from '#native/mountinfo.ts'
import { hasErrno, ProgramError } from '#native/program-error.ts'
import { Page } from '#native/shared-page.ts'
import {
  close_range,
  ignoreFailure,
  mkdir,
  mount,
  mount_setattr,
  open,
  type Step,
  sethostname,
  setns,
  symlink,
  umount2,
} from '#native/steps.ts'
import { findFailure } from '#native/system-call-error.ts'
import type { Hierarchy } from './lab-cgroups.ts'

const { MNT_DETACH, MOUNT_ATTR_RDONLY, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_REC } = linux

const NAMESPACES =
  linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWCGROUP

export type Furniture = {
  /** the project */
  readonly root: string
  /** the names of its directories that are shown as they are; the lab gets copies of all others */
  readonly shown: readonly string[]
  /** directories below the lab's own ones that stay visible */
  readonly kept: readonly string[]
  /** those of them that are written to */
  readonly caches: readonly string[]
  readonly hierarchies: readonly Hierarchy[]
  /**
   * whether what is written to a cache is gone with the lab, too, and there is to be no lab where the kernel cannot make
   * the disk read-only
   */
  readonly isStrict: boolean
  /** how much each of its own directories holds, in bytes; undefined for half of the memory */
  readonly capacity: number | undefined
}

/** Directories in which a lab has its own files. */
const OWN: Readonly<Record<string, string>> = {
  '/run': 'mode=755',
  '/tmp': 'mode=1777',
  '/var/tmp': 'mode=1777',
  '/dev/shm': 'mode=1777',
}

/** Whether a path is below a directory in which a lab has its own files. */
export const isInOwn = (path: string): boolean => Object.keys(OWN).some(own => path.startsWith(`${own}/`))

// A link leads to another of these directories.
const isRealDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const timesMounted = (path: string): number => mounts().filter(({ mountPoint }) => mountPoint === path).length

/** Removes what is mounted at a path, and what is mounted over that: the lab must not find it under what it gets there. */
const unmountAll = (path: string): Step[] =>
  Array.from({ length: timesMounted(path) }, () => umount2(path, MNT_DETACH))

const tmpfs = (path: string, options: string, capacity: number | undefined): Step =>
  mount('tmpfs', path, 'tmpfs', 0, capacity === undefined ? options : `${options},size=${capacity}`)

const bind = (source: string, target: string): Step => mount(source, target, null, MS_BIND | MS_REC)

/** Makes a directory and those above it, as far as a directory that is there. */
const mkdirs = (path: string, above: string): Step[] => {
  const names = relative(above, path).split('/').filter(Boolean)
  return names.map((_, index) => mkdir(join(above, ...names.slice(0, index + 1))))
}

/** The child has no other descriptors than the standard ones, and so the first file that it opens is number 3. */
const FIRST = linux.FIRST_BEYOND_STDERR

const atFd = (fd: number): string => `/proc/self/fd/${fd}`

/** Makes everything read-only for whoever is in the lab's mount namespace, and for nobody else. */
const readOnlyDisk = ({ isStrict }: Furniture): Step[] => {
  const disk = mount_setattr('/', linux.AT_RECURSIVE, { set: MOUNT_ATTR_RDONLY })
  // A shell changes the owner of its terminal.
  const terminals = timesMounted('/dev/pts') > 0 ? [mount_setattr('/dev/pts', 0, { clear: MOUNT_ATTR_RDONLY })] : []
  const steps = [disk, ...terminals]
  return isStrict ? steps : steps.map(step => ({ ...step, toleratedErrors: ['ENOSYS'] as const }))
}

/** Covers directories of the host with the lab's own ones, and shows again in them what must stay visible. */
const ownDirectories = ({ kept, caches, isStrict, capacity }: Furniture): Step[] => {
  const own = Object.entries(OWN).filter(([path]) => isRealDirectory(path))
  const ownOf = (path: string): string => own.find(([directory]) => path.startsWith(`${directory}/`))?.[0] ?? path
  const show = (path: string, index: number): Step[] => {
    const source = atFd(FIRST + index)
    const isCache = caches.includes(path)
    const steps = isCache && isStrict ? layOver(source, path, index) : [bind(source, path)]
    return [...mkdirs(path, ownOf(path)), ...steps, ...(isCache && !isStrict ? [writable(path)] : [])]
  }
  return [
    ...own.map(([path, options]) => tmpfs(path, options, capacity)),
    tmpfs(STAGE, 'mode=700', capacity),
    ...kept.flatMap(show),
    umount2(STAGE, MNT_DETACH), // an overlay does not need it any more
  ]
}

/** Covered for a while, to have room for upper directories in a place where nobody in the lab finds them. */
const STAGE = '/sys'

/** Shows a directory such that what is written to it is the lab's. Without overlayfs it begins empty. */
const layOver = (source: string, path: string, index: number): Step[] => {
  const [upper, work] = [`${STAGE}/${index}`, `${STAGE}/work-${index}`]
  const options = `lowerdir=${source},upperdir=${upper},workdir=${work}`
  return [mkdir(upper), mkdir(work), ignoreFailure(mount('overlay', path, 'overlay', 0, options))]
}

const writable = (path: string): Step => ({
  ...mount_setattr(path, 0, { clear: MOUNT_ATTR_RDONLY }),
  toleratedErrors: ['ENOSYS'],
})

/** An empty directory over the project's, with what is not copied. */
const project = ({ root, shown, isStrict, capacity }: Furniture, source: string): Step[] => {
  const cache = join(root, LAUNCHER_CACHE)
  const isCacheShown = shown.includes(dirname(LAUNCHER_CACHE)) && isRealDirectory(cache)
  return [
    tmpfs(root, 'mode=755', capacity),
    mkdir(join(root, 'containers')),
    ...shown.flatMap(name => [mkdir(join(root, name)), bind(join(source, name), join(root, name))]),
    ...(isCacheShown && !isStrict ? [bind(cache, cache), writable(cache)] : []),
  ]
}

/** Where skdocker.js keeps what is left of a program without its types. */
const LAUNCHER_CACHE = 'node_modules/.skdocker'

/** A shell in the shell is every reader's alike. */
const plainShells = (): Step[] =>
  [join(userInfo().homedir, '.bashrc'), '/etc/bash.bashrc', '/etc/bashrc']
    .filter(file => existsSync(file))
    .map(file => ignoreFailure(mount('/dev/null', file, null, MS_BIND))) // its directory may be covered

const CGROUPS = '/sys/fs/cgroup'

/** The short names of hierarchies: `cpu` for `cpu,cpuacct`. */
const links = (): Step[] =>
  readdirSync(CGROUPS, { withFileTypes: true })
    .filter(entry => entry.isSymbolicLink())
    .map(({ name }) => symlink(readlinkSync(join(CGROUPS, name)), join(CGROUPS, name)))

/** A /sys that shows this network namespace, and hierarchies whose root is the lab's group. */
const sys = ({ hierarchies }: Furniture): Step[] => {
  if (hierarchies.length === 0) return []
  const isUnified = hierarchies.some(({ mountPoint }) => mountPoint === CGROUPS)
  const mountHierarchy = ({ version, options, mountPoint }: Hierarchy): Step[] => [
    ...(mountPoint.startsWith(`${CGROUPS}/`) ? mkdirs(mountPoint, CGROUPS) : []),
    version === 1 ? mount('cgroup', mountPoint, 'cgroup', 0, options) : mount('cgroup2', mountPoint, 'cgroup2'),
  ]
  return [
    ...unmountAll('/sys'),
    mount('sysfs', '/sys', 'sysfs'),
    ...(isUnified ? [] : [tmpfs(CGROUPS, 'mode=755', undefined)]),
    ...hierarchies.flatMap(mountHierarchy),
    ...(isUnified ? [] : links()),
  ]
}

const furnishing = (furniture: Furniture, pidfd: number): Step[] => {
  const { root, kept } = furniture
  return [
    setns(pidfd, NAMESPACES),
    close_range(FIRST, linux.LAST_FD),
    // What is opened here is covered afterwards.
    ...[...kept, root].map(path => open(path, linux.O_PATH)),
    ...unmountAll('/proc'),
    ...readOnlyDisk(furniture),
    mount('proc', '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC),
    ...ownDirectories(furniture),
    ...project(furniture, atFd(FIRST + kept.length)),
    ...plainShells(),
    ...sys(furniture),
    sethostname('lab'),
  ]
}

/**
 * Has a child of this program carry out steps in the pid namespace of a process, and waits for its end.
 * @throws SystemCallError for a step that failed
 */
const carryOut = (steps: readonly Step[], pidNamespace: number): void => {
  // Not clone(): that is for commands, which have a terminal and get signals.
  const page = new Page([steps])
  try {
    libc.waitpidSync(page.launch(0, linux.SIGCHLD | linux.CLONE_VM, pidNamespace))
    const failure = findFailure(steps, page)
    if (failure) throw failure
  } finally {
    page.release()
  }
}

/**
 * Furnishes a lab.
 * @param pid its first process, in namespaces of its own
 * @throws ProgramError
 */
export const furnish = (pid: number, furniture: Furniture): void => {
  const pidfd = libc.pidfdOpen(pid)
  try {
    carryOut(furnishing(furniture, pidfd), pidfd)
  } catch (error) {
    if (!isMissingCall(error)) throw error
    throw new ProgramError(
      `its disk would not be read-only: that takes mount_setattr(2), which Linux has since 5.12, and this is ${release()}`,
    )
  } finally {
    libc.close(pidfd)
  }
}

const isMissingCall = (error: unknown): boolean =>
  hasErrno(error, 'ENOSYS') && (error as { call?: unknown }).call === 'mount_setattr'
