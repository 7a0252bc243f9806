/** Writes a file so that it is there whole or not at all, whenever the program is killed. */

import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file. Other programs see its old content or its new one, never a part. Source: rename(2)
 * @param mode who may read it: its owner alone by default
 * @throws NodeJS.ErrnoException; then the old content is still there
 */
export const writeAtomically = (path: string, text: string, mode = 0o600): void => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text, { mode })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
