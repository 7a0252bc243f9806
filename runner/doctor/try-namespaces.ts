/** Each namespace is made, for a child that ends at once. */

import { SystemCallError } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { mount, type Step, sethostname } from '#native/steps.ts'
import { isRoot } from '../is-root.ts'
import { chaptersFrom, type Finding, missing, ok, splitMessage, unknown } from './finding.ts'
import { whyRefused } from './try-steps.ts'

type Kind = {
  readonly kind: string
  readonly flag: number
  /** its file in /proc/sys/user, where a limit is */
  readonly limit: string
  /** what would hit the host, were it not in a namespace of its own */
  readonly use: readonly Step[]
}

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, MS_PRIVATE, MS_REC } = linux

const KINDS: readonly Kind[] = [
  { kind: 'uts', flag: CLONE_NEWUTS, limit: 'max_uts_namespaces', use: [sethostname('doctor')] },
  { kind: 'pid', flag: CLONE_NEWPID, limit: 'max_pid_namespaces', use: [] },
  {
    kind: 'mnt',
    flag: CLONE_NEWNS,
    limit: 'max_mnt_namespaces',
    use: [mount('none', '/', null, MS_REC | MS_PRIVATE), mount('doctor', '/proc', 'tmpfs')],
  },
  { kind: 'net', flag: CLONE_NEWNET, limit: 'max_net_namespaces', use: [] },
  { kind: 'ipc', flag: CLONE_NEWIPC, limit: 'max_ipc_namespaces', use: [] },
]

const cureOf = (code: string, { kind, limit }: Kind): string | undefined => {
  if (code === 'EPERM')
    return 'a container or a filter of system calls forbids it: leave that, or start it with --privileged'
  if (code === 'EINVAL') return `this kernel was built without ${kind} namespaces: use the kernel of a distribution`
  if (['ENOSPC', 'EUSERS'].includes(code)) return `raise the limit: sysctl user.${limit}=1000`
  return undefined
}

const look = async (kind: Kind): Promise<Finding> => {
  const subject = { id: `namespace.${kind.kind}`, name: `namespace ${kind.kind}`, chapters: chaptersFrom(4) }
  if (!isRoot()) return unknown(subject, 'not tried: only root may make one')
  const error = await whyRefused(kind.use, kind.flag)
  if (!error) return ok(subject, 'made one')
  const { found, cure } = splitMessage(error)
  if (!(error instanceof SystemCallError)) return missing(subject, found, cure)
  // The arguments of clone are left out: the address of the child's stack is of no use to anybody.
  const reason = /[A-Z0-9]+ \([^)]*\)$/.exec(found)?.[0] ?? error.code
  return missing(subject, `${error.call}: ${reason}`, cureOf(error.code, kind) ?? cure)
}

/** Tries each namespace of chapter 04. */
export const namespaces = async (): Promise<Finding[]> => {
  const findings: Finding[] = []
  for (const kind of KINDS) findings.push(await look(kind))
  return findings
}
