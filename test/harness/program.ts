import { basename, join } from 'node:path'
import { plainNode } from '../../runner/needs/plain-node.ts'
import { startWithTsx } from '../../runner/needs/start-typescript.ts'
import { Command } from './command.ts'
import { repository } from './repository.ts'
import { shellWords } from './shell-words.ts'

/**
 * A program of the course, run as a reader runs it. In the place of a chapter's main.ts, and of nothing else, comes
 * SKDOCKER_PROGRAM, a command line, when set: any other implementation can be held against the same tests.
 * @param file below chapters/: '02-chroot/main.ts'; or the tool: 'skdocker/main.ts'
 */
export const program = (file: string): Command => {
  const other = foreignProgram()
  const isChapters = basename(file) === 'main.ts' && !file.startsWith('skdocker/')
  return other && isChapters ? new Command(shellWords(other)) : ourProgram(file)
}

/** A program of the course that is only needed to test something else: never replaced. */
export const ourProgram = (file: string): Command =>
  typescript(join(repository, file.startsWith('skdocker/') ? file : join('chapters', file)))

/** The command line that is put in the place of main.ts, if any. */
export const foreignProgram = (): string | undefined => process.env.SKDOCKER_PROGRAM || undefined

/** How programs are started: by node alone where one takes TypeScript by itself, which is quicker, else with tsx. */
const node = (path: string): string[] => {
  const plain = plainNode()
  if (process.env.SKDOCKER_TSX === '0' && !plain)
    throw new Error(
      `SKDOCKER_TSX=0, but Node ${process.versions.node} needs tsx: from 22.18 on it runs TypeScript by itself`,
    )
  return plain && process.env.SKDOCKER_TSX !== '1' ? [plain, path] : startWithTsx(path)
}

/** A TypeScript file anywhere, run by node: `typescript(join(directory, 'experiment.ts'))`. */
export const typescript = (path: string): Command => new Command(node(path))
