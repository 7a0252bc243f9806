/** From words to a tree. Nothing is run here, and no variable is looked up. */

import { Scanner, syntaxError, type Word } from './scan.ts'

export type Assignment = { readonly name: string; readonly value: Word }
export type Redirection = { readonly fd: number; readonly how: '<' | '>' | '>>'; readonly file: Word }

export type SimpleCommand = {
  readonly type: 'command'
  /** its source */
  readonly text: string
  readonly assignments: readonly Assignment[]
  readonly words: readonly Word[]
  readonly redirections: readonly Redirection[]
}

export type Subshell = {
  readonly type: 'subshell'
  /** the source between its brackets */
  readonly text: string
  readonly redirections: readonly Redirection[]
}

export type Command = SimpleCommand | Subshell
export type Pipeline = { readonly commands: readonly Command[]; readonly background: boolean }

const DEEPEST = 50 // each is a shell in a shell

const END = /$/y
const END_OF_LIST = /$|(?=\))/y
const SEPARATOR = /;(?!;)|&(?!&)|\n/y
const PIPE = /\|(?!\|)/y
const OPEN = /\(/y
const CLOSE = /\)/y
const REDIRECTION = /([0-2]?)(<|>>|>)/y
const NAME_AND_EQUALS = /([A-Za-z_]\w*)=/y

/**
 * Reads a text as commands.
 * @param text a line, or several
 * @throws ProgramError with exit code 2 when this shell's grammar does not have it
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
  if (++scanner.depth > DEEPEST) throw syntaxError(`more than ${DEEPEST} brackets in one another`)
  const from = scanner.at
  const list = parseList(scanner)
  const text = scanner.slice(from, scanner.at)
  if (list.length === 0 || !scanner.next(CLOSE)) throw scanner.unexpected()
  scanner.depth--
  const redirections: Redirection[] = []
  for (let one = parseRedirection(scanner); one; one = parseRedirection(scanner)) redirections.push(one)
  return { type: 'subshell', text, redirections }
}

/** Puts into a list what there is. */
const keep = <T>(list: T[], one: T | undefined): boolean => {
  if (one !== undefined) list.push(one)
  return one !== undefined
}

const parseSimpleCommand = (scanner: Scanner): SimpleCommand => {
  const assignments: Assignment[] = []
  const words: Word[] = []
  const redirections: Redirection[] = []
  const parsePart = (): boolean =>
    keep(redirections, parseRedirection(scanner)) ||
    (words.length === 0 && keep(assignments, parseAssignment(scanner))) ||
    keep(words, scanner.word())
  const from = scanner.at
  if (!parsePart()) throw scanner.unexpected()
  let to = scanner.at
  while (parsePart()) to = scanner.at
  return { type: 'command', text: scanner.slice(from, to), assignments, words, redirections }
}

const parseRedirection = (scanner: Scanner): Redirection | undefined => {
  const found = scanner.next(REDIRECTION)
  if (!found) return undefined
  const how = found[2] as Redirection['how']
  const fd = Number(found[1] || how !== '<')
  scanner.skipBlanks()
  const file = scanner.word()
  if (!file) throw scanner.unexpected()
  return { fd, how, file }
}

const parseAssignment = (scanner: Scanner): Assignment | undefined => {
  const found = scanner.next(NAME_AND_EQUALS)
  // `NAME=` alone is an empty value.
  return found && { name: found[1]!, value: scanner.word() ?? [] }
}

/** Typed text is for the foreground. */
const inBackground = ([first, ...others]: Command[]): Pipeline => {
  const devNull: Redirection = { fd: 0, how: '<', file: ['/dev/null'] }
  const commands = [{ ...first!, redirections: [devNull, ...first!.redirections] }, ...others]
  return { commands, background: true }
}
