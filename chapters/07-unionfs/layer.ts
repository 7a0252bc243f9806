/** A tar becomes a directory, once; nothing in it can reach outside of that. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, posix } from 'node:path'
import type { ReadEntry } from 'tar'
import { ProgramError } from '../../native/index.ts'

const DEVICES = ['CharacterDevice', 'BlockDevice', 'FIFO']

const refuse = (tar: string, entry: ReadEntry, why: string): never => {
  throw new ProgramError(`${tar} is not unpacked: its entry ${JSON.stringify(entry.path)} ${why}`)
}

const normal = (path: string): string => posix.normalize(path).replace(/\/$/, '')

const climbs = (path: string): boolean => posix.isAbsolute(path) || path.split('/').includes('..')

/**
 * Reads the list of a tar and refuses what would be written outside: `..`, absolute paths, ways that lead through a
 * symbolic link, hard links to elsewhere. Devices are left out; a container gets its own.
 * @returns the paths of what is to be left out
 */
const inspect = (tar: string): string[] => {
  const links = new Set<string>()
  const leftOut: string[] = []
  const throughLink = (path: string): boolean => {
    for (let directory = posix.dirname(normal(path)); directory !== '.'; directory = posix.dirname(directory))
      if (links.has(directory)) return true
    return false
  }
  const onReadEntry = (entry: ReadEntry): void => {
    const { path, type, linkpath = '' } = entry
    if (climbs(path)) refuse(tar, entry, 'leads out of the image')
    if (throughLink(path)) refuse(tar, entry, 'lies behind a symbolic link')
    if (type === 'Link' && (climbs(linkpath) || throughLink(linkpath)))
      refuse(tar, entry, `is a hard link to ${JSON.stringify(linkpath)}, outside of the image`)
    if (type === 'SymbolicLink') links.add(normal(path))
    if (DEVICES.includes(type)) leftOut.push(path)
  }
  // Only who unpacks pays for it.
  const { list } = createRequire(import.meta.url)('tar') as typeof import('tar')
  try {
    list({ file: tar, sync: true, strict: true, onReadEntry })
  } catch (error) {
    if (error instanceof ProgramError) throw error
    throw new ProgramError(`${tar} cannot be read, it may be cut short: ${(error as Error).message}; make it anew`)
  }
  return leftOut
}

/** GNU tar, without the shell between. Its first line of stderr tells what went wrong. */
const extract = (tar: string, directory: string, leftOut: string): void => {
  const options = ['--numeric-owner', '--same-owner', '--same-permissions', '--no-wildcards', '--anchored']
  const { status, stderr, error } = spawnSync('tar', ['-xf', tar, '-C', directory, ...options, '-X', leftOut], {
    encoding: 'utf8',
  })
  if (error) throw new ProgramError(`tar cannot be run: ${error.message}; install GNU tar`)
  if (status !== 0) throw new ProgramError(`${tar} could not be unpacked: ${stderr.trim().split('\n')[0]}`)
}

/**
 * Unpacks a tar. The directory appears when all of it is there.
 * @throws ProgramError when the tar is hostile, cut short, or there is no room; then nothing is left of it
 */
export const unpackLayer = (tar: string, directory: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`unpacking ${basename(tar)} … `)
  const half = `${directory}.half`
  try {
    // Left by one that was killed; whoever is here holds the lock.
    rmSync(half, { recursive: true, force: true })
    mkdirSync(half, { mode: 0o755 })
    const leftOut = `${half}.left-out`
    writeFileSync(
      leftOut,
      inspect(tar)
        .map(path => `${path}\n`)
        .join(''),
    )
    extract(tar, half, leftOut)
    rmSync(leftOut)
    renameSync(half, directory)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    rmSync(`${half}.left-out`, { force: true })
    throw error
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}
