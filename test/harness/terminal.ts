import { stripVTControlCharacters } from 'node:util'
import type { IPty } from '@lydell/node-pty'
import { signalName } from '../../runner/probe/process-facts.ts'
import { type Process, readProcess } from '../../runner/probe/processes.ts'
import { loadPty } from '../../runner/terminal/node-pty.ts'
import { endSession } from './kill.ts'
import type { Result } from './live-process.ts'
import { Output } from './output.ts'
import { patience, scaled, TimeoutError, type Watched, within } from './timeout.ts'

type Ended = Pick<Result, 'code'> & { readonly signal: NodeJS.Signals | number | null }

const visible = (text: string): string => stripVTControlCharacters(text).replaceAll('\r\n', '\n')

/**
 * A window with a program in it. What it shows is searched without colours and cursor movements. The runner has another,
 * runner/terminal/shell.ts, by the same node-pty: that one is a shell of ours at its prompt, and shows what a
 * terminal emulator draws. Here any program is the first of its window, in any state, what is looked at is what it
 * writes, and its whole session is ended with the test.
 */
export class Terminal implements Watched {
  readonly screen: Output
  readonly #name: string
  readonly #pty: IPty
  readonly #leader: Process | undefined
  readonly #exit: Promise<Ended>
  #prompt: RegExp = /^\/ # /m
  #ended: Ended | undefined
  #promptAfterwards: RegExp | undefined

  constructor(pty: IPty, name: string) {
    this.#pty = pty
    this.#name = name
    this.#leader = readProcess(pty.pid)
    this.screen = new Output('the terminal', { clean: visible, report: () => this.report() })
    pty.onData(text => this.screen.append(Buffer.from(text)))
    this.#exit = new Promise(resolve => {
      pty.onExit(({ exitCode, signal }) => {
        this.#ended = signal ? { code: null, signal: signalName(signal) } : { code: exitCode, signal: null }
        this.screen.end()
        resolve(this.#ended)
      })
    })
  }

  /** The first program of the window; after its exec's, still the same pid. */
  get pid(): number {
    return this.#pty.pid
  }

  /** Types characters: '\r' is Enter, '\x03' Ctrl-C, '\x04' Ctrl-D, '\x1a' Ctrl-Z. */
  type(text: string): void {
    this.#pty.write(text)
  }

  /** Types a line and Enter. Mind the echo: what is typed is shown, too. */
  enter(line: string): void {
    this.type(`${line}\r`)
  }

  /** As Output.waitFor: what has matched once is not found again. */
  waitFor(pattern: string | RegExp, timeout = patience): Promise<RegExpExecArray> {
    return this.screen.waitFor(pattern, timeout)
  }

  /**
   * Types a line and reads the answer up to the next prompt.
   * @param prompt default: the one that `expectPrompt` was told, else that of a root shell of busybox in /
   * @returns what was shown between the typed line and the prompt, without the last newline
   */
  async ask(line: string, prompt = this.#prompt): Promise<string> {
    this.enter(line)
    await this.waitFor('\n')
    const { input, index } = await this.waitFor(prompt)
    return input.slice(0, index).replace(/\n$/, '')
  }

  /** Waits for a prompt, which is from now on the one that `ask` waits for. */
  async expectPrompt(prompt: RegExp): Promise<void> {
    this.#prompt = prompt
    await this.waitFor(prompt)
  }

  /**
   * For a shell of the host: what is typed into it has ended when its prompt is there again.
   * @param prompt told from those of shells in containers
   */
  async expectPromptAfterwards(prompt: RegExp): Promise<void> {
    this.#promptAfterwards = prompt
    await this.expectPrompt(prompt)
  }

  /** The first program has ended, or, in a shell of the host, what was typed last. */
  get hasEnded(): boolean {
    if (this.#ended) return true
    return this.#promptAfterwards !== undefined && this.screen.shows(this.#promptAfterwards)
  }

  /** The command line of the first program, how it ended, and the screen. */
  async report(): Promise<string> {
    const state = this.#ended ? `ended with ${this.#ended.code ?? this.#ended.signal}` : 'still runs'
    return `${this.#name}\n${state}, the screen:\n${this.screen.text.slice(-4000)}`
  }

  /** Changes the size of the window; the foreground job gets SIGWINCH. */
  resize(cols: number, rows: number): void {
    this.#pty.resize(cols, rows)
  }

  /**
   * Waits for the first program's end.
   * @param timeout milliseconds; then everything in the window is ended
   * @throws TimeoutError that shows the screen
   */
  async exit(timeout = patience): Promise<Ended> {
    const ended = await within(this.#exit, timeout)
    if (ended) return ended
    const error = new TimeoutError(`${this.#name}\nstill runs after ${timeout} ms:\n${this.screen.text}`)
    await this.end()
    throw error
  }

  /** For the end of a test. Of a program that has ended by itself nothing is hidden: what it left is a finding. */
  async endIfRunning(): Promise<void> {
    if (!(await within(this.#exit, 0))) await this.end()
  }

  /** Ends everything that was started in the window, with SIGKILL if it must, and closes it. */
  async end(): Promise<void> {
    if (this.#leader) await endSession(this.#leader, 'SIGHUP')
    await within(this.#exit, scaled(2000))
  }
}

/** @throws Error when there is no pseudo-terminal to be had: see needs('pty') */
export const openTerminal = async (
  words: readonly string[],
  options: { cwd: string; env: Record<string, string>; cols?: number; rows?: number },
): Promise<Terminal> => {
  const { spawn } = loadPty()
  const { cols = 200, rows = 50, cwd, env } = options
  const [file = '', ...args] = words
  const pty = spawn(file, args, { name: 'xterm', cols, rows, cwd, env })
  return new Terminal(pty, words.join(' '))
}
