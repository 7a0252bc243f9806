/** The layers of a container whose root is an overlay, and what it has written. Source: Documentation/filesystems/overlayfs.rst */

import { type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { home } from '#parts/home-directory.ts'
import type { Mount } from '../probe/mountinfo.ts'

/** A path in the container, and what has become of it there. */
export type Written = { readonly path: string; readonly what: 'new' | 'changed' | 'deleted' }

/** The directories that overlayfs shows as one. */
export type Layers = {
  /** where the container writes; missing where it cannot */
  readonly upper?: string
  /** the layers of its image, the topmost first */
  readonly lower: readonly string[]
  readonly written: readonly Written[]
  /** whether it has written more than is listed */
  readonly isCut: boolean
}

const MOST = 200 // paths that are listed

const stat = (path: string) => {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

// A link is followed by hand, because below /proc/PID/root the kernel would take its target for one below our root.
const follow = (base: string, path: string): string => {
  if (!stat(join(base, path))?.isSymbolicLink()) return path
  const target = readlinkSync(join(base, path))
  return normalize(isAbsolute(target) ? target : join(path, '..', target))
}

/** Below which directories a relative path may lie: that of skdocker, and those in which the starters are. */
const placesOf = (starters: readonly number[], base: string): string[] => {
  const directories = starters.flatMap(pid => {
    try {
      return [readlinkSync(`/proc/${pid}/cwd`)]
    } catch {
      return []
    }
  })
  // A directory in another mount namespace is named as it is there.
  return [...new Set([home(), ...directories])].filter(directory => stat(join(base, directory)) !== undefined)
}

type Overlay = { readonly upper: string | undefined; readonly lower: readonly string[] }

const overlayOf = ({ superOptions }: Mount): Overlay => {
  const values = (name: string): string[] =>
    superOptions.flatMap(option => (option.startsWith(`${name}=`) ? [option.slice(name.length + 1)] : []))
  return {
    upper: values('upperdir')[0],
    lower: [...values('lowerdir').flatMap(list => list.split(/(?<!\\):/)), ...values('lowerdir+')].filter(Boolean),
  }
}

// A file that was deleted is a device with the numbers 0 and 0 in the upper directory.
const whatIs = (
  path: string,
  lower: readonly string[],
  base: string,
  upper: string,
): Written['what'] | undefined => {
  const found = stat(join(base, upper, path))
  if (!found) return undefined
  if (found.isCharacterDevice() && found.rdev === 0) return 'deleted'
  const below = lower.map(layer => stat(join(base, layer, path))).find(each => each !== undefined)
  if (!below) return 'new'
  return found.isDirectory() && below.isDirectory() ? undefined : 'changed'
}

const entriesOf = (directory: string): Dirent[] => {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

const listWritten = (upper: string, lower: readonly string[], base: string): Written[] => {
  const written: Written[] = []
  const walk = (directory: string): void => {
    for (const entry of entriesOf(join(base, upper, directory))) {
      if (written.length > MOST) return
      const path = `${directory}/${entry.name}`
      const what = whatIs(path, lower, base, upper)
      if (what) written.push({ path, what })
      if (entry.isDirectory()) walk(path)
    }
  }
  walk('')
  return written
}

/**
 * Reads the layers of a container.
 * @param root the mount that is its root directory
 * @param base what has to be put before a path to find it: /proc/PID/root, where PID sees what the starter saw
 * @param starters the processes that may have mounted it, by their pids
 * @returns undefined when the root is no overlay
 */
export const layersOf = (
  root: Mount | undefined,
  base: string,
  starters: readonly number[],
): Layers | undefined => {
  if (root?.type !== 'overlay') return undefined
  const { upper, lower } = overlayOf(root)
  const [sample = ''] = [upper ?? lower[0]]
  const place = isAbsolute(sample)
    ? '/'
    : placesOf(starters, base).find(directory => stat(join(base, directory, sample)) !== undefined)
  if (place === undefined) return { ...(upper && { upper }), lower, written: [], isCut: false }
  const resolve = (path: string): string => follow(base, isAbsolute(path) ? path : join(place, path))
  const layers = lower.map(resolve)
  if (!upper) return { lower: layers, written: [], isCut: false }
  const written = listWritten(resolve(upper), layers, base)
  return { upper: resolve(upper), lower: layers, written: written.slice(0, MOST), isCut: written.length > MOST }
}
