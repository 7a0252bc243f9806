/** A program that has commands: it shows which there are, and finds the one that is asked for. */

import { reportErrors } from '#native/command-line.ts'
import { ProgramError, print } from '#native/index.ts'

/** A command. One without help is not for people and is not shown. */
type Command = { readonly help: string }

/** Shows what commands there are and ends this program, if its first argument asks for that. */
export const showCommands = (program: string, commands: Readonly<Record<string, Command>>): void => {
  reportErrors()
  if (!['--help', '-h', 'help'].includes(process.argv[2] ?? '')) return
  const lines = Object.entries(commands).flatMap(([name, { help }]) => (help ? `  ${name.padEnd(9)}${help}` : []))
  const text = [
    'usage: PROGRAM [--trace] <command> [argument...]',
    '',
    ...lines,
    '',
    'PROGRAM <command> --help tells more.',
  ]
  print(text.join('\n').replaceAll('PROGRAM', program))
  process.exit(0)
}

/** The word that is most like a mistyped one, where more than half of its letters are right. */
const closestWord = async (typed: string, words: readonly string[]): Promise<string | undefined> => {
  const { closest, distance } = await import('fastest-levenshtein')
  const word = closest(typed, words)
  return distance(typed, word) < word.length / 2 + 1 ? word : undefined
}

/**
 * The command of a name.
 * @throws ProgramError when there is none; it names the one that may be meant
 */
export const findCommand = async <Commands extends Readonly<Record<string, Command>>>(
  name: string,
  commands: Commands,
): Promise<Commands[keyof Commands]> => {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command as Commands[keyof Commands]
  const shown = Object.entries(commands).flatMap(([each, { help }]) => (help ? each : []))
  const meant = await closestWord(name, shown)
  const cure = meant ? `is ${meant} meant?` : `there are ${shown.join(', ')}`
  throw new ProgramError(`there is no command ${JSON.stringify(name)}: ${cure}`)
}
