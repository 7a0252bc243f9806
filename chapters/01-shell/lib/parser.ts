/** Parses text into pipelines of commands. It runs nothing and looks up no variable. */

import { Scanner, syntaxError, type Word } from './scanner.ts'

type Assignment = { readonly name: string; readonly value: Word }
export type Redirection = { readonly fd: number; readonly operator: '<' | '>' | '>>'; readonly file: Word }

export type SimpleCommand = {
  readonly type: 'command'
  /** its source text */
  readonly text: string
  readonly assignments: readonly Assignment[]
  readonly words: readonly Word[]
  readonly redirections: readonly Redirection[]
}

type Subshell = {
  readonly type: 'subshell'
  /** the source text between its brackets */
  readonly text: string
  readonly redirections: readonly Redirection[]
}

export type Command = SimpleCommand | Subshell
export type Pipeline = { readonly commands: readonly Command[]; readonly background: boolean }

const MAX_DEPTH = 50 // every bracket is a shell in a shell

const END = /$/y
const END_OF_LIST = /$|(?=\))/y
const SEPARATOR = /;(?!;)|&(?!&)|\n/y
const PIPE = /\|(?!\|)/y
const OPEN = /\(/y
const CLOSE = /\)/y
const DEFAULT_FD = { '<': 0, '>': 1, '>>': 1 } as const
const REDIRECTION = /([0-2]?)(<|>>|>)/y
const NAME_AND_EQUALS = /([A-Za-z_]\w*)=/y

/**
 * Parses text.
 * @param text a line, or several
 * @throws ProgramError with exit code 2 when the text does not follow this shell's grammar
 */
export const parse = (text: string): Pipeline[] => {
  const scanner = new Scanner(text)
  const list = parseList(scanner)
  if (!scanner.next(END)) throw scanner.unexpected()
  return list
}

const parseList = (scanner: Scanner): Pipeline[] => {
  const list: Pipeline[] = []
  for (;;) {
    scanner.skipLines()
    if (scanner.next(END_OF_LIST)) return list
    const commands = parsePipeline(scanner)
    const separator = scanner.next(SEPARATOR)?.[0]
    list.push(separator === '&' ? inBackground(commands) : { commands, background: false })
    if (separator === undefined) return list
  }
}

const parsePipeline = (scanner: Scanner): Command[] => {
  const commands = [parseCommand(scanner)]
  while (scanner.next(PIPE)) {
    scanner.skipLines()
    commands.push(parseCommand(scanner))
  }
  return commands
}

const parseCommand = (scanner: Scanner): Command =>
  scanner.next(OPEN) ? parseSubshell(scanner) : parseSimpleCommand(scanner)

const parseSubshell = (scanner: Scanner): Subshell => {
  if (++scanner.depth > MAX_DEPTH) throw syntaxError(`more than ${MAX_DEPTH} brackets in one another`)
  const from = scanner.at
  const list = parseList(scanner)
  const text = scanner.slice(from, scanner.at)
  if (list.length === 0 || !scanner.next(CLOSE)) throw scanner.unexpected()
  scanner.depth--
  const redirections: Redirection[] = []
  for (let one = parseRedirection(scanner); one; one = parseRedirection(scanner)) redirections.push(one)
  return { type: 'subshell', text, redirections }
}

const parseSimpleCommand = (scanner: Scanner): SimpleCommand => {
  const assignments: Assignment[] = []
  const words: Word[] = []
  const redirections: Redirection[] = []
  /** Parses the next part of the command. Returns false when no part follows. */
  const parsePart = (): boolean => {
    const redirection = parseRedirection(scanner)
    const assignment = redirection || words.length > 0 ? undefined : parseAssignment(scanner)
    const word = redirection || assignment ? undefined : scanner.word()
    if (redirection) redirections.push(redirection)
    if (assignment) assignments.push(assignment)
    if (word) words.push(word)
    return Boolean(redirection || assignment || word)
  }
  const from = scanner.at
  if (!parsePart()) throw scanner.unexpected()
  let to = scanner.at
  while (parsePart()) to = scanner.at
  return { type: 'command', text: scanner.slice(from, to), assignments, words, redirections }
}

const parseRedirection = (scanner: Scanner): Redirection | undefined => {
  const found = scanner.next(REDIRECTION)
  if (!found) return undefined
  const operator = found[2] as Redirection['operator'] // REDIRECTION matches no other
  const fd = found[1] ? Number(found[1]) : DEFAULT_FD[operator]
  scanner.skipBlanks()
  const file = scanner.word()
  if (!file) throw scanner.unexpected()
  return { fd, operator, file }
}

const parseAssignment = (scanner: Scanner): Assignment | undefined => {
  const found = scanner.next(NAME_AND_EQUALS)
  if (!found) return undefined
  const [, name = ''] = found
  return { name, value: scanner.word() ?? [] } // without a word the value is empty, as in `NAME=`
}

/** A pipeline in the background reads from /dev/null, because what somebody types is meant for the foreground. */
const inBackground = (commands: readonly Command[]): Pipeline => {
  const devNull: Redirection = { fd: 0, operator: '<', file: ['/dev/null'] }
  const withInput = commands.map((command, index) =>
    index === 0 ? { ...command, redirections: [devNull, ...command.redirections] } : command,
  )
  return { commands: withInput, background: true }
}
