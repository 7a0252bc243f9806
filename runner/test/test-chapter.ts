/** The tests of one chapter, by vitest. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { ProgramError } from '#native/program-error.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { FOUND } from '../usage-error.ts'

const TESTS = 'test/chapters'

const tests = (): string[] => readdirSync(join(projectRoot, TESTS)).filter(file => file.endsWith('.test.ts'))

// By its path: "npx vitest" may be another one's.
const vitest = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  } catch {
    throw new ProgramError('vitest is not installed: run "npm run setup"')
  }
}

const run = async (args: readonly string[]): Promise<number> => {
  const child = spawn(process.execPath, [vitest(), 'run', ...args], { cwd: projectRoot, stdio: 'inherit' })
  // Ctrl-C reaches vitest too, which ends what it has begun: this program waits for it.
  const wait = (): void => {}
  process.on('SIGINT', wait)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  process.off('SIGINT', wait)
  return code ?? 128 + constants.signals[signal!]
}

/** What files those are that have a number in their names, and what files are for several chapters. */
const filesOf = (chapter: string): { own: string[]; shared: string[] } => ({
  own: tests()
    .filter(file => file.startsWith(chapter))
    .map(file => `${TESTS}/${file}`),
  shared: tests()
    .filter(file => !/^\d\d-/.test(file))
    .map(file => `${TESTS}/${file}`),
})

/**
 * Runs the tests of a chapter: its own, then of the shared ones those that name one of its programs.
 * @param chapter its directory, such as `04-allns`
 * @param args more arguments of vitest
 * @returns 0 when all pass, 1 when one failed, 128 + n after a signal
 */
export const testChapter = async (chapter: string, args: readonly string[]): Promise<number> => {
  const { own, shared } = filesOf(chapter)
  const first = own.length > 0 ? await run([...own, ...args]) : 0
  if (first > 128 || args.some(arg => /^(-t|--testNamePattern)/.test(arg))) return first
  const second = await run([...shared, '-t', `${chapter}/`, ...args])
  return second > 128 ? second : first || second ? FOUND : 0
}
