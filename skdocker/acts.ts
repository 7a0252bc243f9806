/**
 * The start of a container as one ordered list of acts. The parent, this program, does some of them, and the child, which
 * becomes the container's first process, does the others. The list is made from the plan and from facts that were looked up
 * before, so that it can be printed and tested without a container.
 */

import { constants } from 'node:fs'
import { mountOverlay } from '#chapters/07-unionfs/overlay.ts'
import { namedFlags, showCall } from '#native/argument.ts'
import * as linux from '#native/linux.ts'
import { dieWithParent, dup2, exec, type Step, sethostname, write } from '#native/steps.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import { enterRootfs } from '#parts/rootfs/enter-rootfs.ts'
import { noExitStatus } from './exit-status.ts'
import { containerPaths, layers, relativeContainerPaths } from './home-layout.ts'
import type { HostFacts } from './host-facts.ts'
import type { Plan } from './plan.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux

/** Where an act is explained: the folder of a chapter, or of another README. */
export type Chapter =
  | '01-shell'
  | '02-chroot'
  | '03-mount'
  | '04-allns'
  | '05-cgroup'
  | '06-net'
  | '07-unionfs'
  | 'native'
  | 'skdocker'

/**
 * What the parent does in an act, and with what; perform-acts.ts knows how. A task that changes the host names in `undoneBy`
 * the function that undoes it when the container ends. 'recordInit' writes down which process is the container's init, its
 * first one. A file that only its owner may read has a mode; the others are mounted in the container, for everybody there.
 */
type ParentTask =
  | { readonly does: 'write'; readonly path: string; readonly text: string; readonly mode?: 0o600 }
  | { readonly does: 'open'; readonly path: string; readonly flags: number; readonly descriptor: string }
  | { readonly does: 'makeCgroup'; readonly limits: Limits; readonly undoneBy: 'removeCgroup' }
  | { readonly does: 'connectNetwork'; readonly undoneBy: 'disconnectNetwork' }
  | { readonly does: 'recordInit'; readonly undoneBy: 'recordEnd' }

export type ParentAct = ParentTask & { readonly by: 'parent'; readonly chapter: Chapter }

/** What the child does. Its first argument may be a descriptor that the parent has opened under a name. */
export type ChildAct = {
  readonly by: 'child'
  readonly chapter: Chapter
  readonly step: Step
  readonly descriptor?: string
}

export type Act = ParentAct | ChildAct

const parent = (chapter: Chapter, task: ParentTask): ParentAct => ({ by: 'parent', chapter, ...task })

const child = (chapter: Chapter, step: Step): ChildAct => ({ by: 'child', chapter, step })

/** A step whose first argument is a descriptor. It has a name here, and gets its number when the parent has opened it. */
const childOn = (chapter: Chapter, descriptor: string, step: (fd: number) => Step): ChildAct => {
  const {
    arguments: [, ...others],
    ...rest
  } = step(-1)
  return {
    by: 'child',
    chapter,
    descriptor,
    step: { ...rest, arguments: [{ value: -1, text: descriptor }, ...others] },
  }
}

/** The flags of clone(2): the namespaces that a container does not share with the host. */
export const namespacesOf = ({ network }: Plan): number =>
  CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | (network === 'host' ? 0 : CLONE_NEWNET)

const writeConfiguration = (plan: Plan, { resolvConf }: HostFacts): Act[] => {
  const { id, hostname } = plan
  const paths = containerPaths(id)
  const hosts = `127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t${hostname}\n`
  return [
    parent('04-allns', { does: 'write', path: paths.hostname, text: `${hostname}\n` }),
    parent('06-net', { does: 'write', path: paths.hosts, text: hosts }),
    parent('06-net', { does: 'write', path: paths.resolvConf, text: resolvConf }),
    parent('skdocker', { does: 'write', path: paths.status, text: noExitStatus(plan), mode: 0o600 }),
  ]
}

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } = constants

const openDetachedFiles = ({ id }: Plan): Act[] => {
  const { status, log } = containerPaths(id)
  const open = (descriptor: string, path: string, flags: number): Act =>
    parent('skdocker', { does: 'open', path, flags, descriptor })
  return [
    open('status', status, O_RDWR),
    open('log', log, O_CREAT | O_WRONLY | O_APPEND),
    open('null', '/dev/null', O_RDONLY),
  ]
}

const redirectStandardStreams: readonly Act[] = [
  childOn('01-shell', 'null', fd => dup2(fd, 0)),
  childOn('01-shell', 'log', fd => dup2(fd, 1)),
  childOn('01-shell', 'log', fd => dup2(fd, 2)),
]

/** The child moves itself into its group. The kernel takes ten milliseconds for that, and meanwhile the parent connects the
 * network. */
const joinCgroup = ({ cgroup }: HostFacts): { readonly opened: Act[]; readonly joined: Act[] } => {
  const files = cgroup.map(({ path }) => `${path}/cgroup.procs`)
  return {
    opened: files.map(path => parent('05-cgroup', { does: 'open', path, flags: O_WRONLY, descriptor: path })),
    joined: files.map(path => childOn('05-cgroup', path, fd => write(fd, '0'))), // 0 is the process that writes it
  }
}

// With the option volatile, overlayfs does not write everything to the disk when it is unmounted. Nobody needs that of a
// container that is removed when it has ended.
const mountLayers = ({ id, layers: stack, autoRemove }: Plan): Step => {
  const lower = stack.map(layer => `${layers}/${layer}`)
  return mountOverlay(lower, relativeContainerPaths(id).directory, ...(autoRemove ? ['volatile'] : []))
}

const CHAPTER_OF_CALL: Readonly<Record<string, Chapter>> = {
  chdir: '02-chroot',
  close: 'native',
  close_range: 'native',
  dup3: 'native',
  fchdir: '02-chroot',
  fcntl: 'native',
  mkdirat: '03-mount',
  mknodat: '03-mount',
  openat2: 'skdocker',
  symlinkat: '03-mount',
  unlinkat: '06-net',
}

/** Which chapter explains a step on the way into the root. */
const chapterOf = ({ call, arguments: [first, , type] }: Step): Chapter => {
  if (call === 'mount') {
    if (type === 'overlay') return '07-unionfs'
    if (first === 'none') return '04-allns'
    return type === null ? '06-net' : '03-mount' // hosts and resolv.conf are mounted over the image's
  }
  return CHAPTER_OF_CALL[call] ?? '07-unionfs'
}

const enterRoot = (plan: Plan, { home, terminal }: HostFacts): Act[] => {
  const { merged, directory } = relativeContainerPaths(plan.id)
  const steps = enterRootfs({
    base: home,
    mount: mountLayers(plan),
    merged,
    configuration: directory,
    terminal: terminal?.path,
    workdir: plan.workdir,
  })
  return steps.map(step => child(chapterOf(step), step))
}

/**
 * The environment of a command. Of the caller's it has nothing but the kind of the terminal.
 * @param terminalKind TERM, where the command has a terminal
 */
export const environmentOf = (
  { hostname, environment }: Pick<Plan, 'hostname' | 'environment'>,
  terminalKind: string | undefined,
): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOSTNAME: hostname,
  HOME: '/root',
  ...(terminalKind === undefined ? {} : { TERM: terminalKind }),
  ...environment,
})

/**
 * The start of a container, act by act.
 * @throws ProgramError for what cannot be a step: a mount with too many options, no command
 */
export const acts = (plan: Plan, facts: HostFacts): Act[] => {
  const { opened, joined } = joinCgroup(facts)
  const environment = environmentOf(plan, facts.terminal?.kind)
  return [
    ...writeConfiguration(plan, facts),
    ...(plan.detached ? openDetachedFiles(plan) : []),
    parent('05-cgroup', { does: 'makeCgroup', limits: facts.limits, undoneBy: 'removeCgroup' }),
    ...opened,
    ...(plan.detached ? redirectStandardStreams : [child('02-chroot', dieWithParent())]),
    ...joined,
    parent('06-net', { does: 'connectNetwork', undoneBy: 'disconnectNetwork' }),
    parent('skdocker', { does: 'recordInit', undoneBy: 'recordEnd' }),
    ...enterRoot(plan, facts),
    child('04-allns', sethostname(plan.hostname)),
    ...exec(plan.command, environment).map(step => child('01-shell', step)),
  ]
}

/**
 * A place in the list where the child waits at a gate for the parent. Its name is the parent's last task before it, and
 * `before` is the index of the child's act that waits.
 */
type GatePlace = { readonly before: number; readonly name: string }

const gateBetween = (previous: Act | undefined, next: Act, before: number): GatePlace[] =>
  previous?.by === 'parent' && next.by === 'child' ? [{ before, name: previous.does }] : []

/** The places of all gates: wherever the child goes on after the parent, but not where the child is born. */
export const gatesIn = (list: readonly Act[]): GatePlace[] => {
  const born = list.findIndex(({ by }) => by === 'child')
  return list.flatMap((act, index) => (index > born ? gateBetween(list[index - 1], act, index) : []))
}

const OPEN_FLAGS = { O_WRONLY, O_RDWR, O_CREAT, O_APPEND }

/** An act of the child as strace(1) would write it. */
export const showChildCall = ({ step }: ChildAct): string => showCall(step.call, step.arguments)

/** An act of the parent that is a single call, as --trace shows that call. */
export const showParentCall = (
  act: Extract<ParentTask, { does: 'write' | 'open' | 'recordInit' }>,
  { id }: Pick<Plan, 'id'>,
): string => {
  if (act.does === 'write') return showCall('write', [act.path, act.text])
  if (act.does === 'open')
    return showCall('open', [
      act.path,
      act.flags === O_RDONLY ? { value: O_RDONLY, text: 'O_RDONLY' } : namedFlags(act.flags, OPEN_FLAGS),
    ])
  return `write("${containerPaths(id).state}", {init, address, device})`
}
