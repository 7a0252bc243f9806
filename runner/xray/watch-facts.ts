/** Looks again when something has changed. To look at everything takes long, so only what tells of a change is read often. */

import { lstatSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { allPids, readProcess } from '../probe/processes.ts'
import { readIfThere } from '../probe/read-if-there.ts'
import { allContainers, metersOf } from './describe.ts'
import { ancestorsOf, type Container, type Facts, type FactsOptions, facts } from './facts.ts'
import { type ProcessTree, type Surroundings, sameSurroundings, surroundings } from './find-containers.ts'
import { networkSign, Recollection } from './recollection.ts'

const GLANCE = 150 // ms
const GLANCES_BETWEEN_USES = 7
const GLANCES_BETWEEN_LOOKS = 33

// A process is new before it is in the namespaces that it is to have, so it is looked at more than once.
const AGES = [0, 150, 450, 1000] // ms

const pidsIn = (tree: ProcessTree): number[] => [tree.pid, ...tree.children.flatMap(pidsIn)]

const mtime = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs

// A file that was made or deleted changes the directory in which it is.
const layersSign = ({ layers, root }: Container): string => {
  if (!layers?.upper || !root.isOwn) return ''
  const directories = layers.written.map(({ path }) => path.replace(/\/[^/]*$/, ''))
  return [...new Set(['', ...directories])].map(path => mtime(`${layers.upper}${path}`)).join()
}

const containerSign = (container: Container): string =>
  [
    ...container.processes.flatMap(pidsIn).map(pid => readIfThere(`/proc/${pid}/comm`) || `${pid} is gone`),
    readIfThere(`/proc/${container.pid}/mountinfo`),
    layersSign(container),
  ].join('\n')

const usesSign = (container: Container): string =>
  container.cgroup.paths
    .flatMap(path => [
      readIfThere(`${path}/pids.current`),
      // A page more or less does not show.
      Math.round(
        Number(readIfThere(`${path}/memory.current`) || readIfThere(`${path}/memory.usage_in_bytes`) || 0) /
          2 ** 18,
      ),
      Math.round(Number(/^usage_usec (\d+)/m.exec(readIfThere(`${path}/cpu.stat`) ?? '')?.[1] ?? 0) / 10_000),
    ])
    .join()

/** Tells which processes were not there before, and belong to a container. */
class Newcomers {
  readonly #seen = new Map<number, { readonly since: number; looks: number }>()
  readonly #options: FactsOptions
  readonly #host: Surroundings

  constructor(options: FactsOptions) {
    this.#options = options
    this.#host = surroundings(options.host ?? 'self')
  }

  /** The new ones, as text. */
  sign(found: Facts): string {
    const now = performance.now()
    const known = new Set(allContainers(found).flatMap(({ processes }) => processes.flatMap(pidsIn)))
    const pids = new Set(allPids())
    for (const pid of this.#seen.keys()) if (!pids.has(pid)) this.#seen.delete(pid)
    for (const pid of pids) if (!this.#seen.has(pid)) this.#seen.set(pid, { since: now, looks: 0 })
    const young = [...this.#seen].filter(([pid, seen]) => {
      const age = AGES[seen.looks]
      if (known.has(pid) || age === undefined || now - seen.since < age) return false
      seen.looks += 1
      return true
    })
    return young
      .map(([pid]) => pid)
      .filter(pid => this.#belongs(pid))
      .join()
  }

  #belongs(pid: number): boolean {
    const { root } = this.#options
    try {
      const its = surroundings(pid)
      if (sameSurroundings(its, this.#host)) return false
      const isBeside = root !== undefined && its.namespaces.pid === surroundings(root).namespaces.pid
      return root === undefined || isBeside || ancestorsOf(pid).includes(root)
    } catch {
      return false
    }
  }
}

const signOf = (found: Facts, newcomers: Newcomers): string =>
  [
    newcomers.sign(found),
    ...allContainers(found).map(containerSign),
    ...found.networks.map(({ pid }) => networkSign(pid)),
  ].join('\n')

// What is shown of a cgroup is rounded, and only that has to change.
const shownOf = (found: Facts): unknown => ({
  ...found,
  containers: allContainers(found).map(container => ({
    ...container,
    cgroup: metersOf(container),
    containers: [],
  })),
})

/**
 * Looks at containers until it is told to stop, or the process below which it looks is gone.
 * @param show is given what was found at first, and after each change
 * @param signal stops it
 * @throws ProgramError, Interrupted
 */
export const watchFacts = async (
  options: FactsOptions,
  show: (found: Facts) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const recollection = new Recollection()
  const look = (): Promise<Facts> => facts({ ...options, recollection })
  let found = await look()
  const newcomers = new Newcomers(options)
  show(found)
  let sign = signOf(found, newcomers)
  let uses = ''
  for (let glance = 1; ; glance++) {
    await sleep(GLANCE)
    if (signal?.aborted || (options.root !== undefined && !readProcess(options.root))) return
    const now = signOf(found, newcomers)
    const usesNow = glance % GLANCES_BETWEEN_USES === 0 ? allContainers(found).map(usesSign).join() : uses
    if (now === sign && usesNow === uses && glance % GLANCES_BETWEEN_LOOKS !== 0) continue
    const next = await look()
    if (!isDeepStrictEqual(shownOf(next), shownOf(found))) show(next)
    found = next
    sign = signOf(found, newcomers)
    uses = usesNow
  }
}
