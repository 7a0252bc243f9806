/** How vitest is run. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ProgramError } from '#native/program-error.ts'

// Vite would bundle the configuration into node_modules/, where a user may not write after "sudo npm run setup".
const AS_ANY_USER = ['--configLoader', 'runner']

/**
 * The arguments of node that run the vitest of this workbook: "npx vitest" may be another one's.
 * @throws ProgramError when it is not installed
 */
export const vitest = (): string[] => {
  try {
    const directory = dirname(createRequire(import.meta.url).resolve('vitest/package.json'))
    return [join(directory, 'vitest.mjs'), 'run', ...AS_ANY_USER]
  } catch {
    throw new ProgramError('vitest is not installed: run "npm run setup"')
  }
}
