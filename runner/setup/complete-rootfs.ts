import { existsSync, lstatSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { hasErrno, isSystemError } from '#native/program-error.ts'
import { isRoot } from '../is-root.ts'
import { buildRootfs } from './build-rootfs.ts'
import { sources as allSources, type Source } from './busybox-sources.ts'
import { findBusybox } from './find-busybox.ts'
import { repairRootfs } from './repair-rootfs.ts'
import { say, warn } from './say.ts'
import { busyboxSkeleton } from './skeleton.ts'
import { placeToBuild, withWorkspace } from './workspace.ts'

/**
 * Completes the root filesystem of the chapters: builds it beside and renames it when there is none, and
 * otherwise adds what is missing. In a fresh clone that is all but the hand-made files.
 *
 * @param directory the root filesystem; its parent must exist
 * @param sources where to look for a busybox when it has none
 * @throws SetupError when there is no static busybox
 */
export const completeRootfs = async (directory: string, sources: Source[] = allSources): Promise<void> => {
  await withWorkspace(placeToBuild(directory), async workspace => {
    const busybox = await findBusybox(join(directory, 'bin/busybox'), workspace, sources)
    const built = join(workspace, 'rootfs')
    await buildRootfs(built, busybox, busyboxSkeleton)
    const isNew = !existsSync(join(directory, 'bin/busybox'))
    const repaired = await place(built, directory)
    if (repaired?.length && !isNew) say(`  repaired ${listShort(repaired)}`)
    say(`  ${basename(directory)}/ is complete: ${busybox.version}, ${busybox.applets.length} commands`)
  })
  const problem = await deviceProblem(join(directory, 'dev/null'))
  if (problem) warn(`${basename(directory)}/dev: ${problem}`)
}

/** rename(2) replaces an empty directory, and refuses any other. */
const place = async (built: string, directory: string): Promise<string[] | undefined> => {
  try {
    await rename(built, directory)
    return undefined
  } catch (error) {
    // ENOTDIR: a symbolic link to a directory elsewhere. EBUSY, EXDEV: something is mounted there.
    if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY', 'EXDEV')) throw error
    return repairRootfs(built, directory)
  }
}

const deviceProblem = async (path: string): Promise<string | undefined> => {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isCharacterDevice()) {
    if (!isRoot()) return 'no device files (null, zero, …), which only root can make: run it once more as root'
    return 'no device files (null, zero, …), since mknod is not permitted here: use a machine of your own or a VM'
  }
  try {
    await (await open(path, 'w')).close()
    return undefined
  } catch (error) {
    if (!isSystemError(error)) throw error
    return `its device files do not open (${error.code}): is this filesystem mounted nodev?`
  }
}

const listShort = (paths: string[]): string => {
  const more = paths.length > 4 ? ` and ${paths.length - 4} more` : ''
  return paths.slice(0, 4).join(', ') + more
}
