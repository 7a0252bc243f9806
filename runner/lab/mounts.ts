/** The mounts that this process sees. */

import { readFileSync } from 'node:fs'

export type Mount = { readonly point: string; readonly type: string; readonly superOptions: readonly string[] }

// A space in a path is written \040, and a few others likewise.
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** Source: proc_pid_mountinfo(5) */
export const mounts = (mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): Mount[] =>
  mountinfo
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [front = '', back = ''] = line.split(' - ')
      const [type = '', , superOptions = ''] = back.split(' ')
      return { point: unescaped(front.split(' ')[4]!), type, superOptions: superOptions.split(',') }
    })
