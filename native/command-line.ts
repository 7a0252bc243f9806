/** What every program of the course does before and after its own page: read its arguments, and end with one clear line. */

import { writeSync } from 'node:fs'
import { basename } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { hasErrno, isSystemError, ProgramError, RUNTIME_FAILED, TAKES_ROOT } from './program-error.ts'
import { startTracing } from './trace.ts'

/** `[string, string, ...string[]]` for '<rootfs> <command> [argument...]': as many as are sure to be there. */
type Operands<Usage extends string> = Usage extends `<${string}> ${infer Rest}`
  ? [string, ...Operands<Rest>]
  : Usage extends `<${string}>`
    ? [string]
    : string[]

const STDERR = 2

const tell = (error: unknown): string => {
  if (error instanceof ProgramError) return error.message
  // What node:fs throws is the kernel's word too: its message names the call, the file and the errno.
  if (isSystemError(error))
    return hasErrno(error, 'EACCES', 'EPERM') ? `${error.message}: ${TAKES_ROOT}` : error.message
  return `this is a mistake in skdocker itself: ${error instanceof Error ? error.stack : error}`
}

const report = (error: unknown): never => {
  try {
    writeSync(STDERR, `skdocker: ${tell(error)}\n`)
  } catch {
    // Nobody reads it: the exit code still tells.
  }
  process.exit(error instanceof ProgramError ? error.exitCode : RUNTIME_FAILED)
}

/** From here on an error of the program is one line on stderr, and exit code 125, 126 or 127. */
export const reportErrors = (): void => {
  // A program with commands reads its arguments twice.
  if (!process.hasUncaughtExceptionCaptureCallback()) process.setUncaughtExceptionCaptureCallback(report)
}

/** An option that a program knows: what parseArgs() of node:util takes, and a line of help. */
export type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** how its value is called in the help, such as `SIZE` */
  readonly value?: string
  readonly help: string
}

const COMMON: Readonly<Record<string, Option>> = {
  trace: {
    type: 'boolean',
    help: 'show every system call of this program and its child, as SKDOCKER_TRACE=1 does',
  },
  help: { type: 'boolean', short: 'h', help: 'show this' },
}

/** What an option's value is, as parseArgs() gives it. */
type Value<O extends Option> = O extends { multiple: true }
  ? string[]
  : O extends { type: 'boolean' }
    ? boolean
    : string

// What follows the first operand is the command's own: -l of `main.ts busybox ls -l`.
const parse = (args: readonly string[], options: Readonly<Record<string, Option>>) => {
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

const printHelp = (usage: string, options: Readonly<Record<string, Option>>, name: string): never => {
  const lines = Object.entries(options).map(
    ([name, { value, help }]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(16)} ${help}`,
  )
  writeSync(1, `usage: ${name} [option...] ${usage}\n\n${lines.join('\n')}\n`)
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
 * This program's options and operands, as getopt(3) would find them: options come first. From here on an error is one
 * line on stderr.
 * @param usage the operands: `<needed>`, `[optional]`, `[more...]`
 * @param accepted options beside --trace and --help
 * @param args what to read; all that the program was given unless told
 * @param name of the program in its help; its file unless told
 * @throws ProgramError when a needed one is missing, or one is there that is not known
 */
export const getopt = <const Usage extends string, const Accepted extends Readonly<Record<string, Option>>>(
  usage: Usage,
  accepted: Accepted,
  args: readonly string[] = process.argv.slice(2),
  name: string = basename(process.argv[1] ?? ''),
) => {
  reportErrors()
  const known = { ...accepted, ...COMMON }
  const { values, operands } = parse(args, known)
  if (values.help) printHelp(usage, known, name)
  if (values.trace) startTracing()
  checkOperands(usage, operands)
  return {
    options: values as { readonly [Name in keyof Accepted]?: Value<Accepted[Name]> },
    operands: operands as Operands<Usage>,
  }
}

/** This program's operands, where it has no options of its own: see getopt(). */
export const argv = <const Usage extends string>(usage: Usage): Operands<Usage> => getopt(usage, {}).operands
