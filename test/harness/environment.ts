import { tmpdir } from 'node:os'
import { join } from 'node:path'

// What vitest adds for the tests, and what would make a program of the course behave differently
// from one machine to the next. TERM is set by the terminal that is opened.
const FOREIGN = /^(VITEST.*|CI|TEST|NODE_ENV|MODE|DEV|PROD|SSR|BASE_URL|NODE_OPTIONS|SKDOCKER_.*|PS1|ENV|BASH_ENV)$/

/** What a caller may set or, with undefined, take away. */
export type Environment = Record<string, string | undefined>

/**
 * The environment of every process that the harness starts: the one of the person who runs the tests,
 * without what the test runner added.
 * @param extra is put over it
 */
export const environment = (extra: Environment = {}): Record<string, string> => {
  const mark = process.env.SKDOCKER_TEST
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))
  // Node keeps there what is left of a program without its types, so that the next start takes a third of the time.
  const NODE_COMPILE_CACHE = join(tmpdir(), 'node-compile-cache')
  // An interactive shell that saves its history would change the root filesystem it runs in.
  const all = { ...Object.fromEntries(kept), SKDOCKER_TEST: mark, HISTFILE: '', NODE_COMPILE_CACHE, ...extra }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
