/** A program that runs in a lab: its input, its output, its end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { killIfAlive } from '../kill-if-alive.ts'

/** How a program ended, and what it wrote. */
export type Ended = {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** whether it had to be ended */
  readonly timedOut: boolean
}

// More than any check looks at. A program that writes without end must not fill the memory of this one.
const MOST_OUTPUT = 1 << 20 // characters

class Collected {
  text = ''

  constructor(stream: NodeJS.ReadableStream) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      if (this.text.length < MOST_OUTPUT) this.text += chunk
    })
  }
}

/** A running program, in a session of its own. */
export class LabProcess {
  readonly #child: ChildProcess
  readonly #stdout: Collected
  readonly #stderr: Collected
  readonly #closed: Promise<void>

  /**
   * @param words the command, such as lab.enter() makes it
   * @throws NodeJS.ErrnoException when it cannot be started
   */
  constructor(words: readonly string[], options: { readonly cwd: string; readonly env: Record<string, string> }) {
    const [file = '', ...args] = words
    this.#child = spawn(file, args, { ...options, stdio: 'pipe', detached: true })
    this.#stdout = new Collected(this.#child.stdout!) // both are pipes
    this.#stderr = new Collected(this.#child.stderr!)
    this.#child.stdin!.on('error', () => {}) // it may end without reading its input
    this.#closed = new Promise(resolve => {
      this.#child.once('close', () => resolve())
      this.#child.once('error', () => resolve())
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.#stdout.text
  }

  get stderr(): string {
    return this.#stderr.text
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  write(text: string): void {
    this.#child.stdin!.write(text)
  }

  /** The program reads an end of file. */
  endInput(): void {
    this.#child.stdin!.end()
  }

  /**
   * Waits for its end.
   * @param timeout in ms; then the program is ended with its session, and what else it started ends with the lab
   */
  async exit(timeout: number): Promise<Ended> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>(resolve => {
      timer = setTimeout(() => resolve('late'), timeout)
    })
    const timedOut = (await Promise.race([this.#closed, late])) === 'late'
    clearTimeout(timer)
    if (timedOut) this.kill()
    const { exitCode: code, signalCode: signal } = this.#child
    return { stdout: this.stdout, stderr: this.stderr, code, signal, timedOut }
  }

  /** Ends it at once. */
  kill(): void {
    killIfAlive(-this.pid)
    for (const stream of this.#child.stdio) stream?.destroy()
  }
}
