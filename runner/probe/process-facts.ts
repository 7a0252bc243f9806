import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'

type NamespaceType =
  | 'cgroup'
  | 'ipc'
  | 'mnt'
  | 'net'
  | 'pid'
  | 'pid_for_children'
  | 'time'
  | 'time_for_children'
  | 'user'
  | 'uts'

/**
 * The namespaces of a process, each as the kernel names it: `uts:[4026531838]`. Two processes share one
 * when the text is equal. See namespaces(7).
 * @throws ENOENT when the process is gone, EACCES without the right to look
 */
export const namespaces = (pid: number | 'self' = 'self'): Record<NamespaceType, string> => {
  const types = readdirSync(`/proc/${pid}/ns`) as NamespaceType[]
  const entries = types.map(type => [type, readlinkSync(`/proc/${pid}/ns/${type}`)])
  return Object.fromEntries(entries) as Record<NamespaceType, string>
}

/** The fields of /proc/PID/status, as text. See proc_pid_status(5). */
export const status = (pid: number | 'self' = 'self'): Record<string, string> => {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

const inMask = (hexadecimal: string): (NodeJS.Signals | number)[] => {
  const mask = BigInt(`0x${hexadecimal}`)
  const numbers = Array.from({ length: 64 }, (_, bit) => bit + 1)
  return numbers.filter(number => (mask >> BigInt(number - 1)) & 1n).map(signalName)
}

/** The names of the signals that a process blocks, ignores and catches; numbers for the real-time ones. */
export const signals = (pid: number | 'self' = 'self') => {
  const { SigBlk = '', SigIgn = '', SigCgt = '' } = status(pid)
  return { blocked: inMask(SigBlk), ignored: inMask(SigIgn), caught: inMask(SigCgt) }
}

const limit = (text: string | undefined): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text))

/** Soft and hard limits, Infinity for unlimited, by the kernel's names: 'Max open files'. See getrlimit(2). */
export const limits = (pid: number | 'self' = 'self'): Record<string, { soft: number; hard: number }> => {
  const [, ...lines] = readFileSync(`/proc/${pid}/limits`, 'utf8').split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map(line => {
      const [name = '', soft, hard] = line.split(/ {2,}/)
      return [name, { soft: limit(soft), hard: limit(hard) }]
    }),
  )
}

/** An open file descriptor: `flags` are those of open(2) (O_NONBLOCK, O_CLOEXEC, …). See proc_pid_fdinfo(5). */
type Descriptor = { readonly fd: number; readonly target: string; readonly flags: number }

const descriptor = (pid: number, fd: number): Descriptor | undefined => {
  try {
    const [, flags = ''] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? []
    return { fd, target: readlinkSync(`/proc/${pid}/fd/${fd}`), flags: Number.parseInt(flags, 8) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The open descriptors of another process, in order; without one that it closes while we look. */
export const openDescriptors = (pid: number): Descriptor[] => {
  const numbers = readdirSync(`/proc/${pid}/fd`).map(Number)
  return numbers.sort((a, b) => a - b).flatMap(fd => descriptor(pid, fd) ?? [])
}

/** SIGTERM for 15, and so on; the number itself where it has no name. */
export const signalName = (number: number): NodeJS.Signals | number => {
  // SIGIOT and SIGPOLL are second names of SIGABRT and SIGIO.
  const names = (Object.entries(constants.signals) as [NodeJS.Signals, number][]).filter(
    ([name]) => !/^SIG(IOT|POLL|UNUSED)$/.test(name),
  )
  return names.find(([, value]) => value === number)?.[0] ?? number
}
