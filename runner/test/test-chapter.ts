/** The tests of one chapter, or of one room beside the chapters, by vitest. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { type Chapter, findChapters, projectRoot } from '../lesson/chapters.ts'
import { SOMETHING_FOUND } from '../usage-error.ts'
import { vitest } from './vitest-command.ts'

const TESTS = 'test/chapters'

const tests = (): string[] => readdirSync(join(projectRoot, TESTS)).filter(file => file.endsWith('.test.ts'))

const run = async (args: readonly string[]): Promise<number> => {
  const child = spawn(process.execPath, [...vitest(), ...args], { cwd: projectRoot, stdio: 'inherit' })
  // Ctrl-C reaches vitest too, which ends what it has begun: this program waits for it.
  const wait = (): void => {}
  process.on('SIGINT', wait)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  process.off('SIGINT', wait)
  return code ?? 128 + constants.signals[signal!]
}

/** What a chapter imports of the rooms beside the chapters: `parts/network`, `skdocker`. */
const importsOf = ({ folder }: Chapter): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => [...readFileSync(join(folder, file), 'utf8').matchAll(/'#(parts\/[\w-]+|skdocker)\//g)])
    .map(([, room]) => room!)

/** The directories of tests for a chapter's own parts: those that it imports, and no chapter before it does. */
const madeFor = (chapter: string): string[] => {
  const chapters = findChapters()
  const index = chapters.findIndex(({ name }) => name === chapter)
  const before = new Set(chapters.slice(0, index).flatMap(importsOf))
  const own = new Set(importsOf(chapters[index]!).filter(room => !before.has(room)))
  return [...own].map(room => `test/${room}/`).filter(directory => existsSync(join(projectRoot, directory)))
}

/** What files those are that have a number in their names, and what files are for several chapters. */
const filesOf = (chapter: string): { own: string[]; shared: string[] } => ({
  own: [
    ...tests()
      .filter(file => file.startsWith(chapter))
      .map(file => `${TESTS}/${file}`),
    ...madeFor(chapter),
  ],
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
  return second > 128 ? second : first || second ? SOMETHING_FOUND : 0
}

/** The rooms beside the chapters that have tests of their own. */
export const ROOMS: readonly string[] = ['native', 'parts', 'skdocker', 'runner']

/**
 * Runs the tests of a room.
 * @param room one of ROOMS
 * @param args more arguments of vitest
 * @returns as testChapter()
 */
export const testRoom = async (room: string, args: readonly string[]): Promise<number> => {
  const code = await run([`test/${room}/`, ...args])
  return code > 128 || code === 0 ? code : SOMETHING_FOUND
}
