/** Unpacks a tar into a directory, so that nothing in the tar can reach outside of it. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { list, type ReadEntry } from 'tar'
import { runToolWithoutBlocking } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'
import { showReadingProgress } from './reading-progress.ts'

const DEVICES = ['CharacterDevice', 'BlockDevice', 'FIFO']

const withoutDots = (path: string): string => posix.normalize(path).replace(/\/$/, '')

const leadsOut = (path: string): boolean => posix.isAbsolute(path) || path.split('/').includes('..')

/** Looks at the entries of a tar one after the other, in the order in which they are unpacked. */
class EntryInspector {
  /** the paths of devices and pipes, which are not unpacked because a container gets its own */
  readonly leftOut: string[] = []
  count = 0
  readonly #links = new Set<string>()

  /** Throws ProgramError for an entry that would be written, or would let another be written, outside. */
  inspect(entry: ReadEntry): void {
    this.count++
    const { path, type, linkpath = '' } = entry
    const refuse = (why: string): never => {
      throw new ProgramError(`its entry ${JSON.stringify(path)} ${why}`)
    }
    if (leadsOut(path)) refuse('leads out of the image')
    if (this.#isBehindLink(path)) refuse('lies behind a symbolic link')
    if (type === 'Link' && (leadsOut(linkpath) || this.#isBehindLink(linkpath)))
      refuse(`is a hard link to ${JSON.stringify(linkpath)}, outside of the image`)
    if (type === 'SymbolicLink') this.#links.add(withoutDots(path))
    if (DEVICES.includes(type)) this.leftOut.push(path)
  }

  /** Whether one of the directories above a path is a symbolic link, by an entry that came before. */
  #isBehindLink(path: string): boolean {
    for (let above = posix.dirname(withoutDots(path)); above !== '.'; above = posix.dirname(above))
      if (this.#links.has(above)) return true
    return false
  }
}

/**
 * Reads the list of a tar to its end before anything is unpacked.
 * @returns the paths of what must not be unpacked
 * @throws ProgramError when the tar is hostile, cut short, or none
 */
const inspectTar = (tar: string): readonly string[] => {
  const inspector = new EntryInspector()
  try {
    list({ file: tar, sync: true, strict: true, onReadEntry: entry => inspector.inspect(entry) })
  } catch (error) {
    if (error instanceof ProgramError) throw new ProgramError(`${tar} is not unpacked: ${error.message}`)
    const reason = error instanceof Error ? error.message : String(error)
    throw new ProgramError(`${tar} cannot be read, it may be cut short: ${reason}; make it anew`)
  }
  if (inspector.count === 0) throw new ProgramError(`${tar} is no tar, or there is nothing in it: make it anew`)
  return inspector.leftOut
}

/**
 * Unpacks a tar by the system's tar(1), because no library keeps owners, modes, hard links and extended attributes as
 * faithfully. Only a caller who holds a lock may use the name `half`.
 * @param directory appears when all of the tar is in it
 * @param half the name that the directory has until then, on the same filesystem
 * @throws ProgramError when the tar is hostile, cut short, or there is no room; then nothing is left of it
 */
export const unpackLayer = async (tar: string, directory: string, half: string): Promise<void> => {
  const leftOut = `${half}.left-out`
  try {
    // A program that was killed may have left it.
    rmSync(half, { recursive: true, force: true })
    mkdirSync(half, { mode: 0o755 })
    writeFileSync(
      leftOut,
      inspectTar(tar)
        .map(path => `${path}\n`)
        .join(''),
    )
    const options = ['--numeric-owner', '--same-owner', '--same-permissions', '--no-wildcards', '--anchored']
    await runToolWithoutBlocking(['tar', '-xf', tar, '-C', half, ...options, '-X', leftOut], pid =>
      showReadingProgress('unpacking', tar, pid),
    )
    rmSync(leftOut)
    renameSync(half, directory)
  } catch (error) {
    for (const path of [half, leftOut]) rmSync(path, { recursive: true, force: true })
    throw error
  }
}
