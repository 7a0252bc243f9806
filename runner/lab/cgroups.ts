/** A group of the lab's own in each cgroup hierarchy: the root of what the lab sees. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mounts } from './mounts.ts'
import { pidNamespace, startTime } from './process.ts'

export type Hierarchy = {
  readonly version: 1 | 2
  readonly mountPoint: string
  /** for mount(8), of v1: `cpu,cpuacct`, `none,name=systemd` */
  readonly options: string
}

const PREFIX = 'skdocker-lab-'

// In v2 a group that hands controllers down has no processes of its own. The root of a host is exempt, that of a lab is
// not, so the shells live where systemd has process 1.
const LEAF = 'init.scope'

const NOT_CONTROLLERS = ['rw', 'ro', 'xattr', 'noprefix', 'clone_children', 'cpuset_v2_mode', 'favordynmods']

const v1Options = (superOptions: readonly string[]): string => {
  const words = superOptions.filter(word => !NOT_CONTROLLERS.includes(word) && !word.startsWith('release_agent='))
  return words.every(word => word.startsWith('name=')) ? ['none', ...words].join(',') : words.join(',')
}

/** The hierarchies that this process can make groups in. */
export const hierarchies = (): Hierarchy[] => {
  const found = new Map<string, Hierarchy>()
  for (const { point, type, superOptions } of mounts()) {
    if (type !== 'cgroup' && type !== 'cgroup2') continue
    if (superOptions.includes('ro') || !existsSync(join(point, 'cgroup.procs'))) continue
    const version = type === 'cgroup' ? 1 : 2
    const options = version === 1 ? v1Options(superOptions) : ''
    found.set(point, { version, mountPoint: point, options })
  }
  return [...found.values()]
}

const words = (file: string): string[] => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)

const attempt = (action: () => void): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

/** The lab's groups. */
export class LabGroups {
  readonly #name: string
  readonly #hierarchies = hierarchies()
  readonly #handedDown: [mountPoint: string, controller: string][] = []

  constructor(serial: number) {
    this.#name = `${PREFIX}${pidNamespace()}-${process.pid}-${startTime(process.pid)}-${serial}`
    for (const hierarchy of this.#hierarchies) this.#make(hierarchy)
  }

  /** Where the lab's first process goes: what it unshares becomes the root. One in each hierarchy. */
  get roots(): string[] {
    return this.#hierarchies.map(({ mountPoint }) => join(mountPoint, this.#name))
  }

  /** Where its other processes go. */
  get leaves(): string[] {
    return this.#hierarchies.map(hierarchy =>
      join(hierarchy.mountPoint, this.#name, this.#hasLeaf(hierarchy) ? LEAF : ''),
    )
  }

  /** For each hierarchy a line: version, options for mount(8), where it is mounted. */
  get table(): string {
    return this.#hierarchies
      .map(({ version, options, mountPoint }) => `${version} ${options || '-'} ${mountPoint}`)
      .join('\n')
  }

  /** Moves a process of the host into the leaves, out of the way. */
  adopt(pid: number): void {
    for (const leaf of this.leaves) attempt(() => writeFileSync(join(leaf, 'cgroup.procs'), String(pid)))
  }

  /** Removes the groups, once the processes in them have ended. */
  async remove(): Promise<void> {
    for (const root of this.roots) {
      for (let tries = 0; !removeTree(root) && tries < 50; tries += 1) await sleep(20)
    }
    for (const [mountPoint, controller] of this.#handedDown)
      attempt(() => writeFileSync(join(mountPoint, 'cgroup.subtree_control'), `-${controller}`))
  }

  #hasLeaf({ version, mountPoint }: Hierarchy): boolean {
    return version === 2 && words(join(mountPoint, this.#name, 'cgroup.controllers')).length > 0
  }

  #make(hierarchy: Hierarchy): void {
    const { version, mountPoint, options } = hierarchy
    const group = join(mountPoint, this.#name)
    if (version === 2) this.#handDown(mountPoint)
    mkdirSync(group, { recursive: true })
    if (options.split(',').includes('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        writeFileSync(join(group, file), readFileSync(join(mountPoint, file)))
    if (this.#hasLeaf(hierarchy)) mkdirSync(join(group, LEAF))
  }

  // What cannot be handed down, as processes are there already, the lab does without.
  #handDown(mountPoint: string): void {
    const has = words(join(mountPoint, 'cgroup.subtree_control'))
    for (const controller of words(join(mountPoint, 'cgroup.controllers')).filter(name => !has.includes(name))) {
      const done = attempt(() => writeFileSync(join(mountPoint, 'cgroup.subtree_control'), `+${controller}`))
      if (done) this.#handedDown.push([mountPoint, controller])
    }
  }
}

/** Removes a group and those below it. Says whether it is gone. */
const removeTree = (group: string): boolean => {
  const isThere = statSync(group, { throwIfNoEntry: false })?.isDirectory()
  if (!isThere) return true
  attempt(() => {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(group, entry.name))
  })
  return attempt(() => rmdirSync(group))
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
export const sweepGroups = (): string[] => leftoverGroups().filter(removeTree)
