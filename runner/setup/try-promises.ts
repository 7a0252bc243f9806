/** Tries what the README promises to those who have run setup. Setup is complete when it has seen all of that work. */

import { isRoot } from '../is-root.ts'
import { scale } from '../scale.ts'
import { vitest } from '../test/vitest-command.ts'
import { firstComplaint, run } from './run-tool.ts'
import { say } from './say.ts'

type Promised = {
  /** what a reader types */
  readonly line: string
  /** what is run in its place: the arguments of node */
  readonly words: () => readonly string[]
  readonly takesRoot: boolean
}

const byTsx = (...words: string[]): string[] => ['--import', 'tsx', ...words]

// The smallest file of tests stands for all of them: it starts vitest, and the lab that it runs in.
const TESTS = 'test/harness/shell-words.test.ts'

const PROMISES: readonly Promised[] = [
  {
    line: 'npx tsx chapters/01-shell/main.ts',
    words: () => byTsx('chapters/01-shell/main.ts'),
    takesRoot: false,
  },
  {
    line: 'npx tsx chapters/04-allns/main.ts busybox /bin/true',
    words: () => byTsx('chapters/04-allns/main.ts', 'busybox', '/bin/true'),
    takesRoot: true,
  },
  {
    line: 'npm run hello',
    words: () => ['skdocker/skdocker.js', 'run', '--rm', 'hello'],
    takesRoot: true,
  },
  { line: `npm test ${TESTS}`, words: () => [...vitest(), TESTS], takesRoot: false },
]

const PATIENCE = 300 * scale // s

// The command gets the reader's own PATH, and not the one on which setup finds its tools.
const complaintOf = async ({ words }: Promised, repository: string): Promise<string | undefined> => {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
  const output = await run({ cwd: repository, env, timeout: `${PATIENCE}s` })`${process.execPath} ${words()}`
  return output.exitCode === 0 ? undefined : firstComplaint(output).replace(/^skdocker: /, '')
}

/**
 * Runs what the README promises; without root, the part that takes none.
 *
 * @param repository the directory of the workbook
 * @returns what does not work, with the reason, a line each
 * @throws ProgramError when there is no vitest
 */
export const tryPromises = async (repository: string): Promise<string[]> => {
  const complaints: string[] = []
  for (const promised of PROMISES.filter(({ takesRoot }) => isRoot() || !takesRoot)) {
    const complaint = await complaintOf(promised, repository)
    if (complaint === undefined) say(`  works: ${promised.line}`)
    else complaints.push(`"${promised.line}" does not work: ${complaint}`)
  }
  return complaints
}
