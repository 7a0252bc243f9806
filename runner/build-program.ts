/** All the commands there are. */

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCheck } from './commands/check-command.ts'
import { addClean } from './commands/clean-command.ts'
import { addDiff } from './commands/diff-command.ts'
import { addDoctor } from './commands/doctor-command.ts'
import { addExplain } from './commands/explain-command.ts'
import { addHint } from './commands/hint-command.ts'
import { addList } from './commands/list-command.ts'
import { addWelcome } from './commands/no-command.ts'
import { addPage } from './commands/page-command.ts'
import { addRead } from './commands/read-command.ts'
import { addReset } from './commands/reset-command.ts'
import { addSetup } from './commands/setup-command.ts'
import { addSolution } from './commands/solution-command.ts'
import { addStart } from './commands/start-command.ts'
import { addTest } from './commands/test-command.ts'
import { addTry } from './commands/try-command.ts'
import { addWalk } from './commands/walk-command.ts'
import { addXray } from './commands/xray-command.ts'

const version = (): string => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

const EXIT_CODES = `
Example:
  npx tsx runner.ts read 0

Exit codes: 0 done, 1 something was found, 2 wrong usage, 125 it could not be done.`

/** The program with its commands; what it refuses it throws as a CommanderError. */
export const buildProgram = (): Command => {
  const program = new Command('npx tsx runner.ts')
    .description('skdocker, a workbook: you build a small Docker in TypeScript, chapter by chapter')
    .version(`skdocker ${version()}`, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    // What goes wrong is told in one place: see run-command-line.ts.
    .configureOutput({ outputError: () => {} })
    .enablePositionalOptions()
  for (const add of [
    addList,
    addRead,
    addDiff,
    addWalk,
    addPage,
    addStart,
    addTry,
    addHint,
    addSolution,
    addReset,
    addCheck,
    addDoctor,
    addSetup,
    addXray,
    addExplain,
    addClean,
    addTest,
    addWelcome, // last: what it allows, commands that come after it would allow too
  ])
    add(program)
  return program
}
