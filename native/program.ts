/** What every program of the course does before and after its own page: read its arguments, and end with one clear line. */

import { writeSync } from 'node:fs'
import { basename } from 'node:path'
import { Command, CommanderError, type Option } from 'commander'
import { ProgramError, RUNTIME_FAILED } from './errors.ts'
import { startTracing } from './trace.ts'

/** `[string, string, ...string[]]` for '<rootfs> <command> [argument...]': as many as are sure to be there. */
type Operands<Usage extends string> = Usage extends `<${string}> ${infer Rest}`
  ? [string, ...Operands<Rest>]
  : Usage extends `<${string}>`
    ? [string]
    : string[]

const STDERR = 2

// What node:fs throws is the kernel's word too: its message names the call, the file and the errno.
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

const tell = (error: unknown): string => {
  if (error instanceof ProgramError || isSystemError(error)) return error.message
  return `this is a mistake in skdocker itself: ${error instanceof Error ? error.stack : error}`
}

const report = (error: unknown): never => {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0) // it was --help
  writeSync(STDERR, `skdocker: ${tell(error)}\n`)
  process.exit(error instanceof ProgramError ? error.exitCode : RUNTIME_FAILED)
}

// One line instead of commander's two or three, and our exit code instead of its 1.
const refuse = (error: CommanderError): never => {
  if (error.exitCode === 0) throw error
  throw new ProgramError(`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; see --help`)
}

/**
 * A command line in this house's manner: options come first, and what follows the operands is left alone. From here on
 * an error of the program is one line on stderr, and exit code 125, 126 or 127.
 */
export const commandLine = (name: string): Command => {
  process.setUncaughtExceptionCaptureCallback(report)
  return new Command(name)
    .enablePositionalOptions()
    .passThroughOptions()
    .configureOutput({ writeErr: () => {} })
    .exitOverride(refuse)
    .option('--trace', 'show every system call of this program and its child, as SKDOCKER_TRACE=1 does')
    .on('option:trace', startTracing)
}

/**
 * This program's options and operands, as getopt(3) would find them.
 * @param usage the operands: `<needed>`, `[optional]`, `[more...]`
 * @param accepted options beside --trace and --help
 * @throws ProgramError when a needed one is missing, or one is there that is not known
 */
export const getopt = <const Usage extends string, Options extends object = object>(
  usage: Usage,
  accepted: readonly Option[] = [],
): { readonly options: Options; readonly operands: Operands<Usage> } => {
  const command = commandLine(basename(process.argv[1] ?? ''))
  if (usage !== '') command.arguments(usage)
  for (const option of accepted) command.addOption(option)
  command.parse()
  return { options: command.opts<Options>(), operands: command.args as Operands<Usage> }
}

/** This program's operands, where it has no options of its own: see getopt(). */
export const argv = <const Usage extends string>(usage: Usage): Operands<Usage> => getopt(usage).operands
