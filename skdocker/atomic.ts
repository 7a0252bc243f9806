/** Files that are there whole or not at all, whenever a program is killed. */

import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file in one step, seen from outside. Source: rename(2)
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
