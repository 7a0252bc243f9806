/**
 * Reads a tar and passes on, as a new tar, the entries that may be unpacked. Two programs can read the same tar
 * differently. The program that unpacks sees only the new tar, so nothing reaches it that was not looked at here.
 */

import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { Header, Parser, Pax, type ReadEntry } from 'tar'
import { ProgramError } from '#native/index.ts'
import { EntryInspector } from './entry-inspector.ts'

const BLOCK = 512 // bytes

/** The header of an entry, made of the fields that were looked at. Fields without room go into an extended header before it. */
const encodeHeader = ({ path, linkpath, type, mode, uid, gid, size, mtime }: ReadEntry): Buffer => {
  const fields = { path, linkpath, type, mode, uid, gid, size, mtime }
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const header = new Header(known)
  const hasNoRoom = header.encode()
  const extended = hasNoRoom ? new Pax(known).encode() : Buffer.alloc(0)
  return Buffer.concat([extended, header.block ?? Buffer.alloc(0)])
}

const explain = (tar: string, error: unknown): ProgramError => {
  if (error instanceof ProgramError) return new ProgramError(`${tar} is not unpacked: ${error.message}`)
  const reason = error instanceof Error ? error.message : String(error)
  return new ProgramError(`${tar} cannot be read, it may be cut short: ${reason}; make it anew`)
}

/** The entries of a tar that may be unpacked, as a tar. It fails with a ProgramError when the tar is hostile or cut short. */
export class CheckedTar extends PassThrough {
  readonly #tar: string
  readonly #input: ReadStream
  readonly #inspector = new EntryInspector()
  // Entries are written one after the other. The parser passes on the next when the last has been read.
  #written = Promise.resolve()

  /** @param tar the path of its file, which may be compressed */
  constructor(tar: string) {
    super()
    this.#tar = tar
    this.#input = createReadStream(tar, { highWaterMark: 1 << 20 }).on('error', this.#fail)
    const parser = new Parser({ strict: true })
    parser.on('error', this.#fail)
    parser.on('meta', (text: string) => this.#then(() => this.#inspector.readExtendedHeader(text)))
    parser.on('entry', (entry: ReadEntry) => this.#then(() => this.#pass(entry)))
    parser.on('ignoredEntry', (entry: ReadEntry) => this.#then(() => this.#pass(entry)))
    parser.on('eof', () => this.#then(() => this.#inspector.noteEnd()))
    parser.on('end', () => this.#then(() => this.#finish()))
    this.#input.pipe(parser)
  }

  /** How much of the file has been read, in bytes. */
  get bytesRead(): number {
    return this.#input.bytesRead
  }

  readonly #fail = (error: unknown): void => {
    this.#input.destroy()
    this.destroy(explain(this.#tar, error))
  }

  #then(act: () => void | Promise<void>): void {
    this.#written = this.#written.then(() => (this.destroyed ? undefined : act())).catch(this.#fail)
  }

  async #pass(entry: ReadEntry): Promise<void> {
    if (!this.#inspector.mayPass(entry)) return void entry.resume()
    await this.#write(encodeHeader(entry))
    for await (const chunk of entry) await this.#write(chunk)
    await this.#write(Buffer.alloc(-entry.size & (BLOCK - 1)))
  }

  async #write(chunk: Buffer): Promise<void> {
    if (!this.write(chunk)) await once(this, 'drain')
  }

  #finish(): void {
    this.#inspector.checkEnd()
    this.end(Buffer.alloc(2 * BLOCK))
  }
}
