/** The mounts that a process sees, as the kernel lists them. Source: proc_pid_mountinfo(5) */

import { readFileSync } from 'node:fs'

/** One mount. */
export type Mount = {
  /** the device numbers of the filesystem, major and minor: `0:25` */
  readonly device: string
  /** where it is mounted, as seen from the root directory of the process */
  readonly mountPoint: string
  /** the options of this mount: `rw`, `nosuid` … */
  readonly options: readonly string[]
  /** how it is propagated: `shared:1`, `master:1`; empty for a private mount */
  readonly propagation: readonly string[]
  /** the type of the filesystem: `ext4`, `cgroup2` … */
  readonly type: string
  /** the options of the filesystem, which hold wherever it is mounted */
  readonly superOptions: readonly string[]
}

// The kernel writes a space in a path as \040, and a few other characters likewise.
const unescapePath = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

const parseMount = (line: string): Mount => {
  const [front = '', back = ''] = line.split(' - ')
  const [, , device = '', , mountPoint = '', options = '', ...propagation] = front.split(' ')
  const [type = '', , superOptions = ''] = back.split(' ')
  return {
    device,
    mountPoint: unescapePath(mountPoint),
    options: options.split(','),
    propagation,
    type,
    superOptions: superOptions.split(','),
  }
}

/**
 * The mounts that a process sees, in the order in which they were made.
 * @param mountinfo the text of /proc/PID/mountinfo; that of this process by default
 */
export const mounts = (mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): Mount[] =>
  mountinfo.split('\n').filter(Boolean).map(parseMount)

/** The major and the minor number in the device that stat(2) names. Source: makedev(3) */
export const deviceNumbers = (dev: bigint): readonly [major: bigint, minor: bigint] => [
  (dev >> 8n) & 0xfffn,
  (dev & 0xffn) | ((dev >> 12n) & 0xfff00n),
]
