/** How vitest is run. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ProgramError } from '#native/program-error.ts'
import { projectRoot } from '../lesson/chapters.ts'

// Vite would bundle the configuration into node_modules/, where a user may not write after "sudo npm run setup".
const AS_ANY_USER = ['--configLoader', 'runner']

/**
 * Refuses a path that Vite would take for an address: what follows `#` or `?` is no part of a file's name there, and `%`
 * begins an escape.
 * @param path of the workbook
 * @throws ProgramError that names the character
 */
export const requirePath = (path: string): void => {
  const [character] = /[#%?]/.exec(path) ?? []
  if (character === undefined) return
  throw new ProgramError(
    `vitest does not run the tests in ${JSON.stringify(path)}: it stumbles over "${character}": rename that directory, or copy the workbook to another`,
  )
}

/**
 * The arguments of node that run the vitest of this workbook: "npx vitest" may be another one's.
 * @throws ProgramError when it is not installed, or does not run here
 */
export const vitest = (): string[] => {
  requirePath(projectRoot)
  try {
    const directory = dirname(createRequire(import.meta.url).resolve('vitest/package.json'))
    return [join(directory, 'vitest.mjs'), 'run', ...AS_ANY_USER]
  } catch {
    throw new ProgramError('vitest is not installed: run "npm run setup"')
  }
}
