import type { Stats } from 'node:fs'
import { chmod, lstat, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '#native/program-error.ts'
import { SetupError } from './setup-error.ts'

const permissions = (stats: Stats) => stats.mode & 0o7777

/**
 * Gives a root filesystem what it lacks of a freshly built one. What the reader has put there stays, and no
 * symbolic link is followed: a container may have left one that leads into the host.
 *
 * @param built the complete one; what is missing is moved out of it
 * @param directory the one to repair
 * @returns the paths that were missing, empty, out of date or had a wrong mode
 * @throws SetupError when something else is where a directory or a file belongs
 */
export const repairRootfs = async (built: string, directory: string): Promise<string[]> => {
  const top = await stat(directory).catch(unlessMissing)
  if (!top?.isDirectory()) throw new SetupError(`${directory} is not a directory: remove it and run it again`)
  const repaired: string[] = []
  const mountPoints: string[] = []
  const paths = (await readdir(built, { recursive: true })).sort()
  for (const path of paths) {
    if (mountPoints.some(mountPoint => path.startsWith(`${mountPoint}/`))) continue
    const found = await lstat(join(directory, path)).catch(unlessMissing)
    if (found?.isDirectory() && found.dev !== top.dev) mountPoints.push(path)
    else if (await repair(join(built, path), join(directory, path), found)) repaired.push(path)
  }
  if (permissions(top) !== 0o755) {
    await chmod(directory, 0o755)
    repaired.push('.')
  }
  return repaired
}

const repair = async (from: string, to: string, found: Stats | undefined): Promise<boolean> => {
  const wanted = await lstat(from)
  if (wanted.isDirectory()) {
    if (found && !found.isDirectory()) throw new SetupError(`${to} is not a directory: remove it and run it again`)
    if (!found) await mkdir(to)
    if (found && permissions(found) === permissions(wanted)) return false
    await chmod(to, permissions(wanted))
    return true
  }
  if (!found || (await isOutOfDate(from, wanted, to, found))) {
    await rename(from, to)
    return true
  }
  if (!wanted.isFile() || permissions(found) === permissions(wanted)) return false
  await chmod(to, permissions(wanted))
  return true
}

const isOutOfDate = async (from: string, wanted: Stats, to: string, found: Stats): Promise<boolean> => {
  if (found.isDirectory()) throw new SetupError(`${to} is a directory: remove it and run it again`)
  if (wanted.isCharacterDevice()) return found.rdev !== wanted.rdev || found.mode !== wanted.mode
  if (found.isFile() && found.size === 0 && wanted.size > 0) return true
  // An applet's name may stand for a program of the reader's own.
  if (wanted.isSymbolicLink()) return false
  if (!found.isFile()) throw new SetupError(`${to} is not a regular file: remove it and run it again`)
  return to.endsWith('/bin/busybox') && !(await readFile(to)).equals(await readFile(from))
}

const unlessMissing = (error: unknown): undefined => {
  if (!hasErrno(error, 'ENOENT')) throw error
}
