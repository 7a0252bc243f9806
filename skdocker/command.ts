/** A program that has commands: which, and what each is for. */

import { writeSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import { nearest } from './nearest.ts'

/** A command; without help it is not shown. */
export type Command = { readonly help: string }

/** Shows what commands there are and ends this program, if that is what it was asked for. */
export const showCommands = (program: string, commands: Readonly<Record<string, Command>>): void => {
  if (!['--help', '-h', 'help'].includes(process.argv[2] ?? '')) return
  const lines = Object.entries(commands).flatMap(([name, { help }]) => (help ? `  ${name.padEnd(9)}${help}` : []))
  const text = [
    'usage: PROGRAM [--trace] <command> [argument...]',
    '',
    ...lines,
    '',
    'PROGRAM <command> --help tells more.',
  ]
  writeSync(1, `${text.join('\n').replaceAll('PROGRAM', program)}\n`)
  process.exit(0)
}

/**
 * The command of a name.
 * @throws ProgramError when there is none; it names the one that may be meant
 */
export const commandOf = <Commands extends Readonly<Record<string, Command>>>(
  name: string,
  commands: Commands,
): Commands[keyof Commands] => {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command as Commands[keyof Commands]
  const shown = Object.keys(commands).filter(each => commands[each]!.help)
  const near = nearest(name, shown)
  const cure = near ? `is ${near} meant?` : `there are ${shown.join(', ')}`
  throw new ProgramError(`there is no command ${JSON.stringify(name)}: ${cure}`)
}
