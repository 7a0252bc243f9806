import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { plainNode } from '../../runner/needs/plain-node.ts'
import { Command } from './command.ts'
import { repository } from './repository.ts'
import { shellWords } from './shell-words.ts'

/**
 * A program of the course, run as a reader runs it. SKDOCKER_PROGRAM, a command line, is put in its place
 * when set: any other implementation can be held against the same tests.
 * @param file below chapters/: '02-chroot/main.ts'; or the tool: 'skdocker/main.ts'
 */
export function program(file: string): Command {
  const other = process.env.SKDOCKER_PROGRAM
  const path = file.startsWith('skdocker/') ? file : join('chapters', file)
  return new Command(other ? shellWords(other) : node(join(repository, path)))
}

/** A TypeScript file anywhere, run by node: `typescript(join(directory, 'experiment.ts'))`. */
export function typescript(path: string): Command {
  return new Command(node(path))
}

/** How programs are started: by node alone where one takes TypeScript by itself, which is quicker, else with tsx. */
function node(path: string): string[] {
  const plain = plainNode()
  if (process.env.SKDOCKER_TSX === '0' && !plain)
    throw new Error(
      `SKDOCKER_TSX=0, but Node ${process.versions.node} needs tsx: from 22.18 on it runs TypeScript by itself`,
    )
  return plain && process.env.SKDOCKER_TSX !== '1' ? [plain, path] : withTsx(path)
}

function withTsx(path: string): string[] {
  // Absolute, so that it works from any directory; a URL, because --import takes nothing else that is absolute.
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return [process.execPath, '--import', pathToFileURL(tsx).href, path]
}
