/** Writes a file so that it is there whole or not at all, whenever the program is killed. */

import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file. Other programs see its old content or its new one, never a part. Source: rename(2)
 * @throws NodeJS.ErrnoException; then the old content is still there
 */
export const writeAtomically = (path: string, text: string): void => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
