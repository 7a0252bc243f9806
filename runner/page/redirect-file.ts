/**
 * A file that leads a browser to the page. The page's address has the token in it, and a command line is seen by all users
 * of the machine; so the browser is given the path of a file that the caller alone can read.
 */

import {
  chmodSync,
  closeSync,
  fchownSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTime } from '../lab/process-identity.ts'
import type { Caller } from './caller.ts'

const PREFIX = 'skdocker-page-'

const documentFor = (address: string): string =>
  `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=${address}">
<title>skdocker</title>
<a href="${address}">skdocker</a>
`

/** Whether a directory was made by a server that has not lived to remove it. Another user may call one the same. */
const isLeftOver = (name: string): boolean => {
  const [, pid, start] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name) ?? []
  if (pid === undefined || startTime(Number(pid)) === start) return false
  return lstatSync(join(tmpdir(), name), { throwIfNoEntry: false })?.uid === process.getuid!()
}

const sweep = (): void => {
  for (const name of readdirSync(tmpdir()))
    if (isLeftOver(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

export class RedirectFile {
  readonly path: string
  readonly #directory: string

  /**
   * Writes it. Its directory stays this program's, so that nobody can put anything else there.
   * @throws NodeJS.ErrnoException
   */
  constructor(address: string, { uid, gid }: Caller) {
    sweep()
    this.#directory = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-${startTime(process.pid)}-`))
    this.path = join(this.#directory, 'page.html')
    const file = openSync(this.path, 'wx', 0o600)
    fchownSync(file, uid, gid)
    writeSync(file, documentFor(address))
    closeSync(file)
    chmodSync(this.#directory, 0o711)
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
