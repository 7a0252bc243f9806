/** All looks at the machine, and what follows from them for each chapter. */

import { isRoot } from '../is-root.ts'
import type { Chapter } from '../lesson/chapters.ts'
import { type Finding, unknown } from './finding.ts'
import { lookAround } from './look-around.ts'
import { machine } from './look-at-kernel.ts'
import { lookAtRights } from './look-at-rights.ts'
import { workbook } from './look-at-workbook.ts'
import { tools } from './look-for-tools.ts'
import { pseudoTerminal } from './try-pseudo-terminal.ts'

export type Report = {
  /** whether every chapter can run */
  readonly ok: boolean
  readonly root: boolean
  readonly chapters: readonly {
    readonly number: number
    readonly name: string
    readonly runs: boolean
    /** the ids of the findings that are in its way */
    readonly lacks: readonly string[]
  }[]
  readonly findings: readonly Finding[]
}

// These modules call the kernel, so they are loaded only where that can be done.
const trials = async (): Promise<Finding[]> => {
  const { namespaces } = await import('./try-namespaces.ts')
  const { cgroups } = await import('./try-cgroups.ts')
  const { overlayfs } = await import('./try-overlay.ts')
  const { network } = await import('./try-network.ts')
  const { programs } = await import('./try-programs.ts')
  const made = await namespaces()
  const isThere = (kind: string): boolean =>
    made.some(({ id, state }) => id === `namespace.${kind}` && state === 'ok')
  const place = { mnt: isThere('mnt'), net: isThere('net') }
  return [...made, ...(await cgroups()), await overlayfs(place), ...(await network(place)), ...(await programs())]
}

const untried = unknown(
  { id: 'trials', name: 'namespaces, cgroups, overlayfs, network', chapters: [] },
  'not tried: what is missing above comes first',
)

const isInTheWay = ({ state, chapters }: Finding, number: number): boolean =>
  (state === 'missing' || state === 'unknown') && chapters.includes(number)

/**
 * Looks at the machine, and tries what can be tried. It leaves nothing behind.
 * @param repository the directory of the workbook
 * @param all the chapters there are
 */
export const examine = async (
  repository: string,
  all: readonly Pick<Chapter, 'name' | 'number'>[],
): Promise<Report> => {
  const ground = await machine()
  const canTry = ground.every(({ state }) => state === 'ok')
  const findings = [
    ...lookAround(),
    ...ground,
    ...lookAtRights(),
    ...(canTry ? await trials() : [untried]),
    await pseudoTerminal(),
    ...workbook(repository),
    ...tools(),
  ]
  const chapters = all.map(({ name, number }) => {
    const lacks = findings.filter(finding => isInTheWay(finding, Number(number))).map(({ id }) => id)
    return { number: Number(number), name, runs: lacks.length === 0, lacks }
  })
  return { ok: chapters.every(({ runs }) => runs), root: isRoot(), chapters, findings }
}
