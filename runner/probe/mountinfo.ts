import { readFileSync } from 'node:fs'

/** One line of mountinfo. See proc_pid_mountinfo(5). */
export type Mount = {
  readonly id: number
  readonly parent: number
  /** major:minor */
  readonly device: string
  /** The directory of the filesystem that is mounted: / or, for a bind mount, something below. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
  /** shared:N, master:N, propagate_from:N, unbindable */
  readonly propagation: readonly string[]
  readonly type: string
  readonly source: string
  readonly superOptions: readonly string[]
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

const parseMount = (line: string): Mount => {
  const words = line.split(' ')
  const dash = words.indexOf('-', 6)
  const [id, parent, device = '', root = '', mountPoint = '', options = '', ...propagation] = words.slice(0, dash)
  const [type = '', source = '', superOptions = ''] = words.slice(dash + 1)
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescaped(root),
    mountPoint: unescaped(mountPoint),
    options: options.split(','),
    propagation,
    type,
    source: unescaped(source),
    superOptions: superOptions.split(','),
  }
}

/**
 * The mounts that a process sees, in the kernel's order.
 * @throws ENOENT when the process is gone
 */
export const mountinfo = (pid: number | 'self' = 'self'): Mount[] =>
  readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n').filter(Boolean).map(parseMount)
