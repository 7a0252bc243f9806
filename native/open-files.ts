/**
 * How many files the user's shell may have open. Node raises its own soft limit when it starts and forgets what it was,
 * and all that it starts inherits that, so it has to be read off an ancestor that is not Node's work.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** A soft and a hard limit. Source: getrlimit(2) */
export type Limit = { readonly soft: bigint; readonly hard: bigint }

type Ancestor = { readonly pid: number; readonly parent: number; readonly session: number }

/** Source: proc_pid_stat(5). The name in brackets may hold anything, so what follows the last bracket is read. */
const look = (pid: number): Ancestor => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, parent: Number(fields[1]), session: Number(fields[3]) }
}

const UNLIMITED = 2n ** 64n - 1n
const amount = (word: string): bigint => (word === 'unlimited' ? UNLIMITED : BigInt(word))

/** Source: proc_pid_limits(5) */
const limitOf = (pid: number): Limit => {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
  if (soft === undefined || hard === undefined) throw new Error(`/proc/${pid}/limits names no limit of open files`)
  return { soft: amount(soft), hard: amount(hard) }
}

const isNode = (pid: number): boolean => {
  if (pid === 0) return false
  const [mine, its] = [process.pid, pid].map(each => basename(readlinkSync(`/proc/${each}/exe`)))
  return its === mine
}

/** The nearest ancestor's limit that Node did not raise, on the way up to the leader of the session: the shell itself. */
const shellLimit = (own: Limit): Limit => {
  const { session, parent } = look(process.pid)
  for (let pid = parent; pid > 0; ) {
    const ancestor = look(pid)
    const limit = limitOf(pid)
    const raised = isNode(pid) || (limit.soft === limit.hard && isNode(ancestor.parent))
    if (!raised || pid === session) return limit
    pid = ancestor.parent
  }
  return own
}

/**
 * The limit of open files that a command should have, where it is not the one it would inherit.
 * A shell that replaced itself by Node (`exec node …`) took its own limit with it: then it is not known.
 * Looked for once: what the shell does to itself later is not meant for us.
 */
export const openFilesLimit = (): Limit | undefined => {
  known ??= { limit: findLimit() }
  return known.limit
}

let known: { readonly limit: Limit | undefined } | undefined

const findLimit = (): Limit | undefined => {
  const own = limitOf(process.pid)
  try {
    const { soft } = shellLimit(own)
    return soft < own.soft ? { soft, hard: own.hard } : undefined
  } catch {
    // Ancestors of another user, or in a world this /proc does not show.
    return undefined
  }
}
