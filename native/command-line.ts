/** The command line of every program of the course: its operands, its options and --help; and its errors, one clear line each. */

import { basename } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { print, ReaderGone, sayWhyProgramEnds } from './output.ts'
import { hasErrno, isSystemError, PROGRAM_FAILED, ProgramError, TAKES_ROOT } from './program-error.ts'
import { startTracing } from './trace.ts'

/** `[string, string, ...string[]]` for '<rootfs> <command> [argument...]': a string for each operand that must be there. */
type Operands<Usage extends string> = Usage extends `<${string}> ${infer Rest}`
  ? [string, ...Operands<Rest>]
  : Usage extends `<${string}>`
    ? [string]
    : string[]

const describe = (error: unknown): string => {
  if (error instanceof ProgramError) return error.message
  // The message of an error of node:fs names the call, the file and the errno.
  if (isSystemError(error))
    return hasErrno(error, 'EACCES', 'EPERM') ? `${error.message}: ${TAKES_ROOT}` : error.message
  return `this is a mistake in skdocker itself: ${error instanceof Error ? error.stack : error}`
}

const reportAndExit = (error: unknown): never => {
  if (!(error instanceof ReaderGone)) sayWhyProgramEnds(`skdocker: ${describe(error)}`)
  process.exit(error instanceof ProgramError ? error.exitCode : PROGRAM_FAILED)
}

/** From now on an error that nobody catches is one line on stderr, and the exit code is 125, 126 or 127. */
export const reportErrors = (): void => {
  // skdocker calls getopt() twice: for itself, and for its command.
  if (!process.hasUncaughtExceptionCaptureCallback()) process.setUncaughtExceptionCaptureCallback(reportAndExit)
}

/** An option of a program: what parseArgs() of node:util wants to know, and a line of help. */
type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** the word for its value in the help, such as `SIZE` */
  readonly valueName?: string
  readonly help: string
}

const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  trace: {
    type: 'boolean',
    help: 'show the system calls that make the container, as SKDOCKER_TRACE=1 does',
  },
  help: { type: 'boolean', short: 'h', help: 'show this' },
}

/** The type of an option's value, as parseArgs() returns it. */
type OptionValue<O extends Option> = O extends { multiple: true }
  ? string[]
  : O extends { type: 'boolean' }
    ? boolean
    : string

// Only options before the first operand are ours: in `main.ts busybox ls -l` the -l belongs to ls.
const splitArguments = (args: readonly string[], options: Readonly<Record<string, Option>>) => {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const first = tokens.find(({ kind }) => kind !== 'option')
  const end = first?.index ?? args.length
  try {
    const { values } = parseArgs({ args: args.slice(0, end), options })
    return { values, operands: args.slice(first?.kind === 'option-terminator' ? end + 1 : end) }
  } catch (error) {
    throw new ProgramError(`${(error as Error).message.split(/[.\n]/)[0]}; see --help`)
  }
}

const SHORT_WIDTH = '-x, '.length
const LONG_WIDTH = '--hostname NAME '.length

/** A line of help for each option: with a letter, if it is the first to have that one, as with parseArgs(). */
const helpLines = (options: Readonly<Record<string, Option>>): string[] => {
  const letters = new Set<string>()
  return Object.entries(options).map(([name, { short = '', valueName, help }]) => {
    const letter = short && !letters.has(short) ? `-${short}, ` : ''
    letters.add(short)
    return `  ${letter.padEnd(SHORT_WIDTH)}${`--${name}${valueName ? ` ${valueName}` : ''}`.padEnd(LONG_WIDTH)} ${help}`
  })
}

const printHelp = (usage: string, options: Readonly<Record<string, Option>>, name: string, note: string): never => {
  const paragraphs = [`usage: ${name} [option...] ${usage}`, helpLines(options).join('\n'), note]
  print(paragraphs.filter(text => text !== '').join('\n\n'))
  process.exit(0)
}

const checkOperands = (usage: string, operands: readonly string[]): void => {
  const needed = usage.match(/<[^>]*>/g) ?? []
  const missing = needed.slice(operands.length)
  if (missing.length > 0) throw new ProgramError(`${missing.join(' and ')} missing; see --help`)
  const most = usage.includes('...') ? Number.POSITIVE_INFINITY : (usage.match(/[<[]/g) ?? []).length
  if (operands.length > most) throw new ProgramError(`${operands[most]} is one argument too many; see --help`)
}

/**
 * Finds the options and operands of this program as getopt(3) would: options come first. From now on an error is one line
 * on stderr.
 * @param usage the operands: `<needed>`, `[optional]`, `[more...]`
 * @param accepted the options beside --trace and --help
 * @param args the arguments; those of this program by default
 * @param name the program's name in its help; the name of its file by default
 * @param note what its help says in the end; nothing by default
 * @throws ProgramError when a needed operand is missing, or an argument is not known
 */
export const getopt = <const Usage extends string, const Accepted extends Readonly<Record<string, Option>>>(
  usage: Usage,
  accepted: Accepted,
  args: readonly string[] = process.argv.slice(2),
  name: string = basename(process.argv[1] ?? ''),
  note = '',
) => {
  reportErrors()
  const known = { ...accepted, ...COMMON_OPTIONS }
  const { values, operands } = splitArguments(args, known)
  if (values.help) printHelp(usage, known, name, note)
  if (values.trace) startTracing()
  checkOperands(usage, operands)
  return {
    options: values as { readonly [Name in keyof Accepted]?: OptionValue<Accepted[Name]> },
    operands: operands as Operands<Usage>,
  }
}

/** The operands of a program that has no options of its own. See getopt(). */
export const argv = <const Usage extends string>(usage: Usage): Operands<Usage> => getopt(usage, {}).operands
