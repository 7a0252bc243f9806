/** What a chapter leaves in its lab. */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { scale } from '../scale.ts'
import type { Lab } from './lab.ts'

const script = fileURLToPath(new URL('picture.bash', import.meta.url))

/** Lines that each describe one thing in a lab, with how many such things there are. */
export type Picture = ReadonlyMap<string, number>

const count = (text: string): Picture => {
  const counts = new Map<string, number>()
  for (const line of text.split('\n').filter(Boolean)) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

/** What there is in a lab: mounts, groups, links, rules, processes, files. */
export const takePicture = async (lab: Lab): Promise<Picture> => count(await lab.ask(script, lab.root))

/** The lines that are in one picture more often than in another. */
const linesOnlyIn = (one: Picture, other: Picture): string[] =>
  [...one].filter(([line, times]) => times > (other.get(line) ?? 0)).map(([line]) => line)

const PATIENCE = 3000 * scale // ms for what ends by and by

/**
 * What is there and was not before, and what is gone.
 * @param before a picture of the lab, taken when its windows were open
 */
export const leftovers = async (lab: Lab, before: Picture): Promise<string[]> => {
  const limit = performance.now() + PATIENCE
  for (;;) {
    const after = await takePicture(lab)
    const found = [...linesOnlyIn(after, before), ...linesOnlyIn(before, after).map(line => `${line} is gone`)]
    if (found.length === 0 || performance.now() > limit) return found
    await sleep(200)
  }
}
