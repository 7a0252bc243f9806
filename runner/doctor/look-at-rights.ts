/** What this process may do. */

import { readFileSync } from 'node:fs'
import { isRoot } from '../is-root.ts'
import { chaptersFrom, type Finding, missing, ok } from './finding.ts'

/** Capabilities by their bit, and the first chapter that needs one, in that order. Source: capabilities(7) */
const CAPABILITIES = [
  { name: 'CAP_SYS_CHROOT', bit: 18n, first: 2 },
  { name: 'CAP_SYS_ADMIN', bit: 21n, first: 3 },
  { name: 'CAP_DAC_OVERRIDE', bit: 1n, first: 5 },
  { name: 'CAP_NET_ADMIN', bit: 12n, first: 6 },
  { name: 'CAP_MKNOD', bit: 27n, first: 7 },
  { name: 'CAP_SYS_PTRACE', bit: 19n, first: 8 },
] as const

// Source: proc_pid_status(5)
const effective = (): bigint =>
  BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)

const root = (): Finding => {
  const subject = { id: 'root', name: 'root', chapters: chaptersFrom(2) }
  if (isRoot()) return ok(subject, 'user 0')
  const found = `user ${process.geteuid?.()}, which is not root`
  return missing(subject, found, 'run it again with sudo: what takes root was not tried')
}

const capabilities = (): Finding => {
  const held = effective()
  const lacking = CAPABILITIES.filter(({ bit }) => ((held >> bit) & 1n) === 0n)
  const first = lacking[0]?.first ?? CAPABILITIES[0].first
  const subject = { id: 'capabilities', name: 'capabilities', chapters: chaptersFrom(first) }
  if (lacking.length === 0) return ok(subject, 'all that the chapters use')
  const found = `without ${lacking.map(({ name }) => name).join(', ')}`
  if (!isRoot()) return missing(subject, found, 'root has them: run it again with sudo')
  return missing(
    subject,
    found,
    'somebody took them from this root: leave the container, or start it with --privileged',
  )
}

/** Looks at root and its capabilities. */
export const lookAtRights = (): Finding[] => [root(), capabilities()]
