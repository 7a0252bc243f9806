/** A tar becomes a directory, once; nothing in it can reach outside of that. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { list, type ReadEntry } from 'tar'
import { runToolWithoutBlocking } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'
import { showReading } from './reading-progress.ts'

const DEVICES = ['CharacterDevice', 'BlockDevice', 'FIFO']

const refuse = (tar: string, entry: ReadEntry, why: string): never => {
  throw new ProgramError(`${tar} is not unpacked: its entry ${JSON.stringify(entry.path)} ${why}`)
}

const normal = (path: string): string => posix.normalize(path).replace(/\/$/, '')

const climbs = (path: string): boolean => posix.isAbsolute(path) || path.split('/').includes('..')

/**
 * Reads the list of a tar and refuses what would be written outside: `..`, absolute paths, ways that lead through a
 * symbolic link, hard links to elsewhere. Devices are left out; a container gets its own.
 * @returns the paths of what is to be left out, a line each
 */
const inspect = (tar: string): string[] => {
  const links = new Set<string>()
  const leftOut: string[] = []
  const throughLink = (path: string): boolean => {
    for (let directory = posix.dirname(normal(path)); directory !== '.'; directory = posix.dirname(directory))
      if (links.has(directory)) return true
    return false
  }
  let entries = 0
  const onReadEntry = (entry: ReadEntry): void => {
    entries++
    const { path, type, linkpath = '' } = entry
    if (climbs(path)) refuse(tar, entry, 'leads out of the image')
    if (throughLink(path)) refuse(tar, entry, 'lies behind a symbolic link')
    if (type === 'Link' && (climbs(linkpath) || throughLink(linkpath)))
      refuse(tar, entry, `is a hard link to ${JSON.stringify(linkpath)}, outside of the image`)
    if (type === 'SymbolicLink') links.add(normal(path))
    if (DEVICES.includes(type)) leftOut.push(`${path}\n`)
  }
  try {
    list({ file: tar, sync: true, strict: true, onReadEntry })
  } catch (error) {
    if (error instanceof ProgramError) throw error
    throw new ProgramError(`${tar} cannot be read, it may be cut short: ${(error as Error).message}; make it anew`)
  }
  if (entries === 0) throw new ProgramError(`${tar} is no tar, or there is nothing in it: make it anew`)
  return leftOut
}

/**
 * Unpacks a tar, by GNU tar. The directory appears when all of it is there.
 * @param half the name that it has until then, on the same filesystem
 * @throws ProgramError when the tar is hostile, cut short, or there is no room; then nothing is left of it
 */
export const unpackLayer = async (tar: string, directory: string, half: string): Promise<void> => {
  const leftOut = `${half}.left-out`
  try {
    // Left by one that was killed; whoever is here holds the lock.
    rmSync(half, { recursive: true, force: true })
    mkdirSync(half, { mode: 0o755 })
    writeFileSync(leftOut, inspect(tar).join(''))
    const options = ['--numeric-owner', '--same-owner', '--same-permissions', '--no-wildcards', '--anchored']
    await runToolWithoutBlocking(['tar', '-xf', tar, '-C', half, ...options, '-X', leftOut], pid =>
      showReading('unpacking', tar, pid),
    )
    rmSync(leftOut)
    renameSync(half, directory)
  } catch (error) {
    for (const path of [half, leftOut]) rmSync(path, { recursive: true, force: true })
    throw error
  }
}
