/** A group of the lab's own in each cgroup hierarchy: the root of what the lab sees. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mounts } from '#native/mountinfo.ts'
import { ProgramError } from '#native/program-error.ts'
import { pidNamespace, startTime } from './process-identity.ts'

export type Hierarchy = {
  readonly version: 1 | 2
  readonly mountPoint: string
  /** for mount(8), of v1: `cpu,cpuacct`, `none,name=systemd` */
  readonly options: string
}

const PREFIX = 'skdocker-lab-'

/** What the processes of a lab may use, all together. */
export type Bounds = {
  /** how many there are at once */
  readonly processes?: number
  /** bytes, with the files in the lab's own directories */
  readonly memory?: number
}

// In v2 a group that hands controllers down has no processes of its own. The root of a host is exempt, that of a lab is
// not, so the shells live where systemd has process 1.
const LEAF = 'init.scope'

// The controllers that the chapters use.
const CONTROLLERS = ['cpu', 'memory', 'pids']

const NOT_CONTROLLERS = ['rw', 'ro', 'xattr', 'noprefix', 'clone_children', 'cpuset_v2_mode', 'favordynmods']

const v1Options = (superOptions: readonly string[]): string => {
  const words = superOptions.filter(word => !NOT_CONTROLLERS.includes(word) && !word.startsWith('release_agent='))
  return words.every(word => word.startsWith('name=')) ? ['none', ...words].join(',') : words.join(',')
}

/** The hierarchies that this process can make groups in. */
export const hierarchies = (): Hierarchy[] => {
  const found = new Map<string, Hierarchy>()
  for (const { mountPoint, type, superOptions } of mounts()) {
    if (type !== 'cgroup' && type !== 'cgroup2') continue
    if (superOptions.includes('ro') || !existsSync(join(mountPoint, 'cgroup.procs'))) continue
    const version = type === 'cgroup' ? 1 : 2
    const options = version === 1 ? v1Options(superOptions) : ''
    found.set(mountPoint, { version, mountPoint, options })
  }
  return [...found.values()]
}

/** Waits without a turn of the event loop, for a program that is about to exit. */
const sleepNow = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

const words = (file: string): string[] => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)

const succeeds = (action: () => void): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

const writeExisting = (file: string, value: number): void => writeFileSync(file, String(value), { flag: 'r+' })

const subtreeControl = (mountPoint: string): string => join(mountPoint, 'cgroup.subtree_control')

// The name of a lab's group says what was handed down for it, and so that is taken back even when its check was killed.
const handedDownFor = (name: string): string[] => name.split('+').slice(1)

const handedDownForLabs = (mountPoint: string): string[] =>
  readdirSync(mountPoint)
    .filter(name => name.startsWith(PREFIX))
    .flatMap(handedDownFor)

/** The lab's groups. */
export class LabGroups {
  readonly #name: string
  readonly #hierarchies = hierarchies()
  readonly #roots: string[] = []
  readonly #leaves: string[] = []

  /**
   * @param serial tells it from other labs of this process; one that nobody has taken
   * @param controllers those to be handed down in v2
   */
  constructor(serial: number, controllers: readonly string[] | 'all' = CONTROLLERS) {
    this.#name = `${PREFIX}${pidNamespace()}-${process.pid}-${startTime(process.pid)}-${serial}`
    for (const hierarchy of this.#hierarchies) this.#make(hierarchy, controllers)
  }

  /** The groups for the lab's first process, one in each hierarchy. They become the roots of its cgroup namespace. */
  get roots(): readonly string[] {
    return this.#roots
  }

  /** The groups for the lab's other processes. */
  get leaves(): readonly string[] {
    return this.#leaves
  }

  /** Those that the lab has a group in. */
  get hierarchies(): readonly Hierarchy[] {
    return this.#hierarchies
  }

  /**
   * Limits what the lab uses.
   * @throws ProgramError where no hierarchy has the controller
   */
  limit({ processes, memory }: Bounds): void {
    if (processes !== undefined) this.#write('pids', ['pids.max'], processes)
    if (memory === undefined) return
    this.#write('memory', ['memory.max', 'memory.limit_in_bytes'], memory)
    // What is beyond the limit would go to the swap area. Where the kernel counts no swap, there are no such files.
    for (const root of this.roots) {
      succeeds(() => writeExisting(join(root, 'memory.swap.max'), 0))
      succeeds(() => writeExisting(join(root, 'memory.memsw.limit_in_bytes'), memory))
    }
  }

  /** Writes a limit where there is a file for it: v1 and v2 name that differently, and one of them has the controller. */
  #write(controller: string, names: readonly string[], value: number): void {
    const files = this.roots.flatMap(root => names.map(name => join(root, name))).filter(file => existsSync(file))
    if (files.length === 0)
      throw new ProgramError(
        `its ${controller} cannot be limited: no cgroup hierarchy has the controller ${controller}`,
      )
    for (const file of files) writeExisting(file, value)
  }

  /** Moves a process of the host into the leaves, because a group that hands controllers down must have none of its own. */
  addProcess(pid: number): void {
    for (const leaf of this.leaves) succeeds(() => writeFileSync(join(leaf, 'cgroup.procs'), String(pid)))
  }

  /** Removes the groups, once the processes in them have ended. */
  async remove(): Promise<void> {
    for (const root of this.roots) {
      for (let tries = 0; !removeGroup(root) && tries < 50; tries += 1) await sleep(20)
    }
  }

  /** The same without a turn of the event loop, for a program that is about to exit. */
  removeNow(): void {
    for (const root of this.roots) for (let tries = 0; !removeGroup(root) && tries < 50; tries += 1) sleepNow(20)
  }

  #make(hierarchy: Hierarchy, wanted: readonly string[] | 'all'): void {
    const { version, mountPoint, options } = hierarchy
    const controllers = version === 2 ? controllersToHandDown(mountPoint, wanted) : []
    const group = join(mountPoint, [this.#name, ...controllers].join('+'))
    this.#roots.push(group)
    mkdirSync(group, { recursive: true })
    // The lab does without a controller that cannot be handed down because there are processes in the parent already.
    for (const name of controllers) succeeds(() => writeFileSync(subtreeControl(mountPoint), `+${name}`))
    if (options.split(',').includes('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        writeFileSync(join(group, file), readFileSync(join(mountPoint, file)))
    // Decided once: another program may hand more controllers down while the lab is there.
    const leaf = hasLeaf(version, group) ? join(group, LEAF) : group
    mkdirSync(leaf, { recursive: true })
    this.#leaves.push(leaf)
  }
}

const hasLeaf = (version: 1 | 2, group: string): boolean =>
  version === 2 && words(join(group, 'cgroup.controllers')).length > 0

// Controllers that another lab has handed down are among them, because the last lab takes them back.
const controllersToHandDown = (mountPoint: string, wanted: readonly string[] | 'all'): string[] => {
  const there = words(subtreeControl(mountPoint))
  const forLabs = handedDownForLabs(mountPoint)
  return words(join(mountPoint, 'cgroup.controllers'))
    .filter(name => wanted === 'all' || wanted.includes(name))
    .filter(name => !there.includes(name) || forLabs.includes(name))
}

/** Removes a lab's group, and takes back what was handed down for it. Says whether it is gone. */
const removeGroup = (group: string): boolean => {
  if (!removeTree(group)) return false
  const mountPoint = dirname(group)
  const needed = handedDownForLabs(mountPoint)
  for (const name of handedDownFor(basename(group)))
    if (!needed.includes(name)) succeeds(() => writeFileSync(subtreeControl(mountPoint), `-${name}`))
  return true
}

/** Removes a group and those below it. Says whether it is gone. */
const removeTree = (group: string): boolean => {
  const isThere = statSync(group, { throwIfNoEntry: false })?.isDirectory()
  if (!isThere) return true
  succeeds(() => {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(group, entry.name))
  })
  return succeeds(() => rmdirSync(group))
}

/** The groups of labs whose check was killed. */
export const leftoverGroups = (): string[] => {
  const namespace = pidNamespace()
  return hierarchies().flatMap(({ mountPoint }) =>
    readdirSync(mountPoint)
      .filter(name => name.startsWith(`${PREFIX}${namespace}-`))
      .filter(name => {
        const [pid, started] = name.slice(PREFIX.length).split('-').slice(1)
        return startTime(Number(pid)) !== started
      })
      .map(name => join(mountPoint, name)),
  )
}

/** Removes the groups of labs whose check was killed. Returns those that are gone. */
export const sweepGroups = (): string[] => leftoverGroups().filter(removeGroup)
