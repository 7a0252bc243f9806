/** A shell in a window: types a command, waits for the next prompt, reads what stands in between. */

import type { IPty } from '@lydell/node-pty'
import { ProgramError } from '#native/program-error.ts'
import { scale } from '../scale.ts'
import { loadPty } from './node-pty.ts'
import { Screen, type ScreenMark, type ScreenSize } from './screen.ts'

/** A command has not ended in time. `lines` is what it has shown so far. */
export class CommandTimeout extends ProgramError {
  readonly lines: readonly string[]

  constructor(seconds: number, lines: readonly string[]) {
    super(`no prompt after ${seconds} s`)
    this.lines = lines
  }
}

/** The window has closed: its first program has ended. */
export class WindowClosed extends ProgramError {
  constructor() {
    super('the shell of this window has ended')
  }
}

export type Answer = {
  readonly lines: readonly string[]
  /** what stands at the cursor now: `$ `, `/ # `; undefined while the command still runs */
  readonly prompt: string | undefined
}

type WaitOptions = {
  /** milliseconds; then a CommandTimeout */
  readonly timeout: number
  /** says that a command which still runs has shown what it was to show; without it only a prompt ends the waiting */
  readonly enough?: (lines: readonly string[]) => boolean
}

/** The size of the windows in which the texts are checked: some programs show other lines in another. */
export const USUAL_SIZE: ScreenSize = { cols: 100, rows: 40 }

const HOST_PROMPT = '$ '
/** What a terminal sends for Ctrl and a key. */
export const CONTROL_KEYS = { C: '\x03', D: '\x04', Z: '\x1a' } as const

// Prompts that are not marked: busybox' in a container, and those of small shells such as chapter 01's.
const UNMARKED = /(?:(?:~|\/\S*) # |^[$#] )$/
const QUIET = 150 // ms without output, then such a line is a prompt
const PATIENCE = 2000 * scale // ms for the prompt of a further line
const END_PATIENCE = 1000 * scale // ms for the end of the window's programs
const ECHO_PATIENCE = 5000 * scale // ms for what is typed to be seen

/** Empties the line, and makes the terminal show again what is typed. */
const REPAIR = '\x15stty echo icanon icrnl opost onlcr\r'

/** A window with a shell in it. */
export class Shell {
  readonly screen: Screen
  readonly #pty: IPty
  #start: ScreenMark
  /** whether the rest of the line in which the start is was typed, and so is no output */
  #skipLine = false
  #promptsBefore = 0
  #closed = false
  #atHostPrompt = false
  #repaired = false

  /**
   * @param words the program and its arguments
   * @param options directory, environment and size of the window; 100 × 40 by default
   */
  constructor(
    words: readonly string[],
    options: { readonly cwd: string; readonly env: Record<string, string>; readonly size?: ScreenSize },
  ) {
    const size = options.size ?? USUAL_SIZE
    const { cwd, env } = options
    const { spawn } = loadPty()
    this.#pty = spawn(words[0]!, words.slice(1), { name: 'xterm-256color', ...size, cwd, env })
    this.screen = new Screen(size, text => this.type(text))
    this.#start = this.screen.mark()
    this.#pty.onData(data => this.screen.feed(data))
    this.#pty.onExit(() => {
      this.#closed = true
      this.screen.feed('')
    })
  }

  /** The first program of the window. */
  get pid(): number {
    return this.#pty.pid
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Is told all that the program shows, as it comes. Returns what ends that. */
  onData(listener: (data: string) => void): () => void {
    const { dispose } = this.#pty.onData(listener)
    return dispose
  }

  /** Lets the programs of the window wait with what they write, until resume(). */
  pause(): void {
    if (!this.#closed) this.#pty.pause()
  }

  resume(): void {
    if (!this.#closed) this.#pty.resume()
  }

  /**
   * The prompt that the cursor stands right behind, as answer() tells it; undefined while something runs, or a line is
   * half typed.
   */
  get promptAtCursor(): string | undefined {
    const { promptStart, cursor, cursorLine } = this.screen
    const isAtMarked = promptStart?.row === cursor.row && promptStart.column + HOST_PROMPT.length === cursor.column
    return isAtMarked ? HOST_PROMPT : UNMARKED.exec(cursorLine)?.[0]
  }

  /** Types characters, without Enter. */
  type(text: string): void {
    if (!this.#closed) this.#pty.write(text)
  }

  resize(size: ScreenSize): void {
    this.#pty.resize(size.cols, size.rows)
    this.screen.resize(size)
  }

  /** Types a command of one or more lines, and Enter. What is shown from now on is its output. */
  async enter(command: string): Promise<void> {
    const [first = '', ...rest] = command.split('\n')
    await this.#enterLine(first)
    for (const line of rest) {
      const before = this.screen.continuations
      await this.#until(() => this.screen.continuations > before || this.screen.cursorLine === '> ', PATIENCE)
      await this.#enterLine(line)
    }
  }

  /**
   * Whether the terminal had to be made to show again what is typed, since this was asked last. A program that ends in
   * the background can leave it so: Node puts the modes back that it found, and those may have been those of a shell
   * that was just reading a line.
   */
  takeRepaired(): boolean {
    const repaired = this.#repaired
    this.#repaired = false
    return repaired
  }

  /** Presses Ctrl and a key. */
  press(key: keyof typeof CONTROL_KEYS): void {
    this.#begin(false)
    this.type(CONTROL_KEYS[key])
  }

  /**
   * Waits until the command has ended, and reads its output.
   * @throws CommandTimeout, WindowClosed
   */
  async answer({ timeout, enough }: WaitOptions): Promise<Answer> {
    let answer: Answer | undefined
    const found = await this.#until(() => {
      answer = this.#answerNow(enough)
      return answer !== undefined
    }, timeout)
    if (answer) return answer
    if (!found && !this.#closed) throw new CommandTimeout(timeout / 1000, this.#linesTo(this.screen.cursor))
    throw new WindowClosed()
  }

  /** Ends the window and what is in it; what ends by itself is waited for. */
  async close(): Promise<void> {
    if (!(await this.#until(() => this.#closed, END_PATIENCE))) {
      this.#pty.kill('SIGKILL')
      await this.#until(() => this.#closed, END_PATIENCE)
    }
    this.screen.dispose()
  }

  #begin(skipLine: boolean): void {
    this.#start = this.screen.mark(skipLine)
    this.#skipLine = skipLine
    this.#promptsBefore = this.screen.prompts
  }

  // The place where the output begins is known only when the whole line has been shown.
  async #enterLine(line: string): Promise<void> {
    if (!(await this.#typeAndSee(line)) && this.#atHostPrompt) {
      const before = this.screen.prompts
      this.type(REPAIR)
      await this.#until(() => this.screen.prompts > before, ECHO_PATIENCE)
      this.#repaired = await this.#typeAndSee(line)
    }
    this.#begin(true)
    this.type('\r')
    this.#atHostPrompt = false
  }

  #typeAndSee(line: string): Promise<boolean> {
    this.type(line)
    return this.#until(() => this.screen.cursorLine.endsWith(line.trimEnd()), ECHO_PATIENCE)
  }

  #answerNow(enough: WaitOptions['enough']): Answer | undefined {
    const { screen } = this
    if (screen.prompts > this.#promptsBefore && screen.promptStart) {
      this.#atHostPrompt = true
      return { lines: this.#linesTo(screen.promptStart), prompt: HOST_PROMPT }
    }
    const quiet = performance.now() - screen.changed
    if (quiet < QUIET) return undefined
    const { cursor, cursorLine } = screen
    const prompt = this.#isBelowStart() ? UNMARKED.exec(cursorLine)?.[0] : undefined
    if (prompt) {
      const column = Math.max(0, cursor.column - prompt.length)
      return { lines: this.#linesTo({ row: cursor.row, column }), prompt }
    }
    if (!enough) return undefined
    const lines = this.#linesTo(cursor)
    return enough(lines) ? { lines, prompt: undefined } : undefined
  }

  // Until the answer comes, the cursor still stands behind the prompt that was there before the command.
  #isBelowStart(): boolean {
    const start = this.#start.position()
    if (!start) return true
    const { row, column } = this.screen.cursor
    return row > start.row || (!this.#skipLine && column > start.column)
  }

  #linesTo(end: { row: number; column: number }): string[] {
    const start = this.#start.position()
    const from = start && this.#skipLine ? { row: start.row + 1, column: 0 } : start
    if (from && (end.row < from.row || (end.row === from.row && end.column <= from.column))) return []
    const lines = this.screen.lines(from, end)
    if (lines.at(-1) === '') lines.pop()
    // The terminal itself shows a key as ^C. That is no output of the command.
    if (!this.#skipLine && lines[0] !== undefined) {
      const rest = lines[0].replace(/^\^[CDZ]/, '')
      if (rest === '') lines.shift()
      else lines[0] = rest
    }
    return lines
  }

  /** Waits for a condition: looks whenever something was shown, and now and then. */
  #until(condition: () => boolean, timeout: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true)
    return new Promise(resolve => {
      const end = (found: boolean): void => {
        clearInterval(look)
        clearTimeout(limit)
        stop()
        resolve(found)
      }
      const check = (): void => {
        if (condition()) end(true)
        else if (this.#closed) end(false)
      }
      const look = setInterval(check, 25)
      const limit = setTimeout(() => end(false), timeout)
      const stop = this.screen.onChange(check)
    })
  }
}
