import { type ChildProcess, spawn } from 'node:child_process'
import { type Process, readProcess } from '../../runner/probe/processes.ts'
import { endSession } from './kill.ts'
import { Output } from './output.ts'
import { patience, scaled, TimeoutError, type Watched, within } from './timeout.ts'

/** How a process ended and what it wrote. One of `code` and `signal` is null. */
export type Result = {
  readonly stdout: string
  readonly stderr: string
  /** stdout before it was decoded */
  readonly bytes: Buffer
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const collect = (output: Output, stream: NodeJS.ReadableStream): Output => {
  stream.on('data', (chunk: Buffer) => output.append(chunk))
  stream.on('close', () => output.end())
  return output
}

/** A running process in a session of its own. Whoever makes it sees to its end. */
export class LiveProcess implements Watched {
  readonly pid: number
  readonly stdout: Output
  readonly stderr: Output
  readonly #name: string
  readonly #child: ChildProcess
  readonly #leader: Process | undefined
  readonly #result: Promise<Result>

  /**
   * @param words the command and its arguments
   * @param options.input 'none' for /dev/null as stdin
   * @throws Error when the command cannot be started
   */
  constructor(
    words: readonly string[],
    options: { cwd: string; env: Record<string, string>; input: 'none' | 'pipe' },
  ) {
    const { cwd, env, input } = options
    const stdin = input === 'none' ? 'ignore' : 'pipe'
    this.#name = words.join(' ')
    const [file = '', ...args] = words
    this.#child = spawn(file, args, { cwd, env, stdio: [stdin, 'pipe', 'pipe'], detached: true })
    const report = () => this.report()
    this.stdout = collect(new Output('stdout', { report }), this.#child.stdout!) // it is a pipe
    this.stderr = collect(new Output('stderr', { report }), this.#child.stderr!) // and so is this
    // A program that ends without reading its input is the program's business.
    this.#child.stdin?.on('error', () => {})
    this.#result = this.#ended()
    this.#result.catch(() => {})
    if (this.#child.pid === undefined) throw new Error(`cannot start: ${this.#name}`)
    this.pid = this.#child.pid
    this.#leader = readProcess(this.pid)
  }

  /** Sends a signal to the process, not to its children. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Writes to stdin. Throws TypeError when that is no pipe. */
  write(text: string | Buffer): void {
    this.#child.stdin!.write(text)
  }

  /** Closes stdin: the process reads an end of file. */
  endInput(): void {
    this.#child.stdin!.end()
  }

  /**
   * Waits for the end of the process and of its output.
   * @param timeout milliseconds; then the process is ended with all its session
   * @throws TimeoutError that shows the output so far
   */
  async exit(timeout = patience): Promise<Result> {
    const result = await within(this.#result, timeout)
    if (result) return result
    const error = new TimeoutError(`${this.#name}\n${this.#state()} after ${timeout} ms${this.#shown()}`)
    await this.end()
    throw error
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Its command line, how it ended, and what it wrote to stdout and stderr. */
  async report(): Promise<string> {
    // The end of the one stream, that of the other and the exit code come moments apart.
    const isEnding = this.hasEnded || this.stdout.hasEnded || this.stderr.hasEnded
    const result = isEnding ? await within(this.#result, scaled(500)) : undefined
    const state = result ? `ended with ${result.code ?? result.signal}` : this.#state()
    return `${this.#name}\n${state}${this.#shown()}`
  }

  /** For the end of a test. Of a process that has ended by itself nothing is hidden: what it left is a finding. */
  async endIfRunning(): Promise<void> {
    if (!this.hasEnded) await this.end()
  }

  /** Ends the process, its descendants and its session, with SIGKILL if it must. Does nothing when all is over. */
  async end(): Promise<void> {
    if (this.#leader) await endSession(this.#leader, 'SIGTERM')
    for (const stream of this.#child.stdio) stream?.destroy()
  }

  #ended(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        const bytes = this.stdout.bytes
        resolve({ stdout: bytes.toString(), stderr: this.stderr.text, bytes, code, signal })
      })
    })
  }

  #state(): string {
    const { exitCode, signalCode } = this.#child
    if (!this.hasEnded) return 'still runs'
    return `ended with ${exitCode ?? signalCode}, but something still holds its output open,`
  }

  #shown(): string {
    return `\nstdout:\n${this.stdout.text.slice(-4000)}\nstderr:\n${this.stderr.text.slice(-4000)}`
  }
}
