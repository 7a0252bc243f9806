/** The mounts that a process sees, as the kernel tells them. Source: proc_pid_mountinfo(5) */

import { readFileSync } from 'node:fs'

/** One mount. */
export type Mount = {
  /** of the filesystem, major and minor: `0:25` */
  readonly device: string
  /** where it is mounted, below the root of whoever is asked for it */
  readonly mountPoint: string
  /** what was said of this mount alone: `rw`, `nosuid` … */
  readonly options: readonly string[]
  /** how it is propagated: `shared:1`, `master:1`; none for one that is private */
  readonly propagation: readonly string[]
  /** of the filesystem: `ext4`, `cgroup2` … */
  readonly type: string
  /** what was said of the filesystem, wherever it is mounted */
  readonly superOptions: readonly string[]
}

// A space in a path is written \040, and a few others likewise.
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

const parseMount = (line: string): Mount => {
  const [front = '', back = ''] = line.split(' - ')
  const [, , device = '', , mountPoint = '', options = '', ...propagation] = front.split(' ')
  const [type = '', , superOptions = ''] = back.split(' ')
  return {
    device,
    mountPoint: unescaped(mountPoint),
    options: options.split(','),
    propagation,
    type,
    superOptions: superOptions.split(','),
  }
}

/**
 * The mounts that a process sees, in the order in which they were made.
 * @param mountinfo what the kernel says; of this process unless told
 */
export const mounts = (mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): Mount[] =>
  mountinfo.split('\n').filter(Boolean).map(parseMount)

/** The numbers of a filesystem, major and minor, out of the device that stat(2) names. Source: makedev(3) */
export const deviceNumbers = (dev: bigint): readonly [major: bigint, minor: bigint] => [
  (dev >> 8n) & 0xfffn,
  (dev & 0xffn) | ((dev >> 12n) & 0xfff00n),
]
