/** Directories into which tars are unpacked, each once, by one program at a time. Each is there whole or not at all. */

import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isLocked, withLock } from '#native/file-lock.ts'
import { hasErrno } from '#native/index.ts'
import { makePrivateDirectory } from '#parts/private-directory.ts'

/** At the end of the name of a directory that is being filled. */
export const HALF = '.half'

/** Whether this names a directory that is being filled. */
export const isHalfUnpacked = (name: string): boolean => name.endsWith(HALF)

/**
 * Removes what a program that was killed has half unpacked. A program that still unpacks holds the lock of the directory,
 * and then nothing is removed.
 * @param parent the directory that holds the unpacked ones
 * @throws NodeJS.ErrnoException
 */
export const removeHalfUnpacked = async (parent: string): Promise<void> => {
  if (!existsSync(parent)) return
  const halves = (): string[] => readdirSync(parent).filter(isHalfUnpacked)
  if (halves().length === 0 || isLocked(parent)) return
  await withLock(parent, () => {
    for (const name of halves()) rmSync(join(parent, name), { recursive: true, force: true })
  })
}

/**
 * Unpacks a tar, unless that has been done. Of many programs that want it at once, one unpacks and the others wait. Nobody
 * but this user may look into the directory above.
 * @returns whether it was unpacked by this call
 * @throws ProgramError when the tar is hostile, cut short, or there is no room; then nothing is left of it
 */
export const unpackOnce = async (tar: string, directory: string): Promise<boolean> => {
  const parent = dirname(directory)
  makePrivateDirectory(parent)
  await removeHalfUnpacked(parent)
  if (existsSync(directory)) return false
  // The reader of tars takes a while to load, and only a program that unpacks needs it.
  const { unpackLayer } = await import('./unpack-layer.ts')
  return withLock(parent, async () => {
    if (existsSync(directory)) return false
    await unpackLayer(tar, directory, `${directory}${HALF}`)
    return true
  })
}

const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

const linkedLayer = (container: string): string[] => {
  try {
    return [basename(readlinkSync(join(container, 'lower')))]
  } catch (error) {
    // The container is half made, or is being removed at this moment, or the directory is no container.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EINVAL')) return []
    throw error
  }
}

/**
 * The names of the layers that a chapter's containers stand on: each container has a link `lower` to its layer.
 * @param containers the directory in which the chapter keeps its containers
 */
export const layersBelow = (containers: string): string[] =>
  namesIn(containers).flatMap(name => linkedLayer(join(containers, name)))
