import { markedProcesses } from './mark.ts'
import { cgroups, cgroupsOfOthers } from './picture/cgroups.ts'
import { files } from './picture/files.ts'
import { kernelObjects } from './picture/kernel.ts'
import { mounts } from './picture/mounts.ts'
import { ownNamespaces, ownProcesses } from './picture/processes.ts'
import { host, type World } from './world.ts'

/**
 * What the machine looks like. The lab has a picture, too, runner/lab/picture.bash: that one looks from inside, by bash
 * alone, at what a transcript may leave, in the words of the report on it. This one looks from outside, at several worlds
 * and all of the machine, and knows which processes the tests have started. What they have in common is the list of what
 * can be left.
 */
export type Picture = {
  /** mounts, routes, …: lines of text */
  readonly sections: ReadonlyMap<string, readonly string[]>
  /** lines of what is not ours, and may come and go */
  readonly foreign: ReadonlySet<string>
}

// The harness starts helpers and ends them at its own time; only what comes is a change, not what goes.
const APPEARING = 'started by the tests: '

/**
 * Takes a picture of the machine.
 * @param worlds beside the host
 */
export const picture = async (...worlds: World[]): Promise<Picture> => {
  // Before the worlds are asked: the commands that ask are started by the tests, too.
  const marked = markedProcesses()
  const directories = cgroups()
  const machine: [string, string[]][] = [
    [`${APPEARING}processes`, ownProcesses(marked)],
    [`${APPEARING}namespaces`, ownNamespaces(marked)],
    ['cgroups', directories.map(({ path }) => path)],
    ['files', files()],
  ]
  const sections = new Map(machine)
  for (const world of [host, ...worlds]) {
    const prefix = world === host ? '' : `${world.name}: `
    sections.set(`${prefix}mounts`, mounts(await world.pid()))
    for (const [name, lines] of await kernelObjects(world)) sections.set(prefix + name, lines)
  }
  const ours = new Set([process.pid, ...marked.map(({ pid }) => pid)])
  return { sections, foreign: new Set(cgroupsOfOthers(directories, ours)) }
}

// Of equal lines (two mounts on each other) each counts.
const without = (lines: readonly string[], others: readonly string[]): string[] => {
  const left = [...others]
  return lines.filter(line => {
    const index = left.indexOf(line)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

const changesIn = (section: string, before: Picture, after: Picture): string => {
  const then = before.sections.get(section) ?? []
  const now = after.sections.get(section) ?? []
  const gone = section.startsWith(APPEARING) ? [] : without(then, now)
  const come = without(now, then)
  const lines = [
    ...gone.filter(line => !before.foreign.has(line)).map(line => `    - ${line}`),
    ...come.filter(line => !after.foreign.has(line)).map(line => `    + ${line}`),
  ]
  return lines.length > 0 ? `  ${section}\n${lines.join('\n')}\n` : ''
}

/**
 * Compares two pictures.
 * @returns a readable list of what has gone (-) and come (+), empty when nothing has
 */
export const difference = (before: Picture, after: Picture): string => {
  const names = new Set([...before.sections.keys(), ...after.sections.keys()])
  return [...names].map(name => changesIn(name, before, after)).join('')
}

/** @throws Error that lists the differences, when there is any */
export const expectSameHost = (before: Picture, after: Picture): void => {
  const changes = difference(before, after)
  if (changes) throw new Error(`the host is not as it was (- gone, + come):\n${changes}`)
}
