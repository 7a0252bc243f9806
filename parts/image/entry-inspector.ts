/** Looks at the entries of a tar one after the other, in the order in which they are unpacked. */

import { posix } from 'node:path'
import type { ReadEntry } from 'tar'
import { ProgramError } from '#native/index.ts'

const UNPACKED = ['File', 'OldFile', 'ContiguousFile', 'Directory', 'Link', 'SymbolicLink']

// Devices and pipes are left out, because a container gets its own.
const LEFT_OUT = ['CharacterDevice', 'BlockDevice', 'FIFO']

const withoutDots = (path: string): string => posix.normalize(path).replace(/\/$/, '')

const leadsOut = (path: string): boolean => posix.isAbsolute(path) || path.split('/').includes('..')

// The library puts U+FFFD in place of bytes that are no UTF-8, and C ends a string at a zero byte.
const isUnreadable = (path: string): boolean => /[\0\uFFFD]/.test(path)

const PASSED_ON = ['path', 'linkpath', 'size', 'uid', 'gid', 'mtime']

// A record is `LENGTH KEY=VALUE`. The library that reads the tar takes every newline for the end of a record.
// Source: pax(1), pax Extended Header
const isMisread = (record: string): boolean => {
  const [, length, key = ''] = /^(\d+) ([^=]+)=/.exec(record) ?? []
  // Records with other keys are not passed on. Extended attributes are such records, and may have any bytes, even newlines.
  if (!PASSED_ON.includes(key)) return false
  return record.includes('\n') || Number(length) !== Buffer.byteLength(record) + 1
}

const isExtendedHeader = (text: string): boolean => /^\d+ [^=]+=/.test(text)

/** Decides which entries of one tar may be unpacked. It remembers the entries that came before. */
export class EntryInspector {
  #count = 0
  #hasEnd = false
  /** why the entry that follows an extended header cannot be unpacked */
  #objection: string | undefined
  readonly #links = new Set<string>()
  readonly #leftOut = new Set<string>()

  /** Looks at an extended header of the entry that comes next. */
  readExtendedHeader(text: string): void {
    if (!isExtendedHeader(text)) return // the long name of GNU tar
    const records = text.replace(/\n$/, '').split(/\n(?=\d+ [^=\n]+=)/)
    if (records.some(isMisread)) this.#objection = 'has an extended header that cannot be read'
    if (/^\d+ GNU\.sparse\./m.test(text)) this.#objection = 'is a sparse file: pack it without --sparse'
  }

  /**
   * Whether an entry is to be unpacked. Devices and pipes are not.
   * @throws ProgramError when it would be written, or would let another be written, outside
   */
  mayPass(entry: ReadEntry): boolean {
    this.#count++
    const { path, type, linkpath = '' } = entry
    const place = withoutDots(path)
    const objection = this.#objection
    this.#objection = undefined
    if (LEFT_OUT.includes(type) || (type === 'Link' && this.#leftOut.has(withoutDots(linkpath)))) {
      this.#leftOut.add(place)
      return false
    }
    const reason = objection ?? this.#objectionTo(path, type, linkpath)
    if (reason) throw new ProgramError(`its entry ${JSON.stringify(path)} ${reason}`)
    this.#leftOut.delete(place)
    // A hard link to a symbolic link is a symbolic link as well.
    if (type === 'SymbolicLink' || (type === 'Link' && this.#links.has(withoutDots(linkpath))))
      this.#links.add(place)
    return true
  }

  #objectionTo(path: string, type: string, linkpath: string): string | undefined {
    if (!UNPACKED.includes(type)) return `is of a kind that is not known here, ${type}`
    if (isUnreadable(path) || isUnreadable(linkpath)) return 'has a name that is not UTF-8'
    if (leadsOut(path)) return 'leads out of the image'
    if (this.#isBehindLink(path)) return 'lies behind a symbolic link'
    if (type === 'Link' && (leadsOut(linkpath) || this.#isBehindLink(linkpath)))
      return `is a hard link to ${JSON.stringify(linkpath)}, outside of the image`
    return undefined
  }

  /** Whether one of the directories above a path is a symbolic link, by an entry that came before. */
  #isBehindLink(path: string): boolean {
    for (let above = posix.dirname(withoutDots(path)); above !== '.'; above = posix.dirname(above))
      if (this.#links.has(above)) return true
    return false
  }

  /** Notes that the end mark of a tar has come, two blocks of zeros. */
  noteEnd(): void {
    this.#hasEnd = true
  }

  /** Throws when a tar that was read to its end has nothing in it, or no end mark. */
  checkEnd(): void {
    if (this.#count === 0) throw new ProgramError('it is no tar, or there is nothing in it: make it anew')
    if (!this.#hasEnd) throw new Error('it has no end')
  }
}
