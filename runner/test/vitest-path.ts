/** Where vitest is. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ProgramError } from '#native/program-error.ts'

/**
 * The program of vitest that belongs to this workbook: "npx vitest" may be another one's.
 * @throws ProgramError when it is not installed
 */
export const vitestPath = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  } catch {
    throw new ProgramError('vitest is not installed: run "npm run setup"')
  }
}
