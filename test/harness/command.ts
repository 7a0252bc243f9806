import { atEnd } from './at-end.ts'
import { type Environment, environment } from './environment.ts'
import { LiveProcess, type Result } from './live-process.ts'
import { repository } from './repository.ts'
import { quoted } from './shell-words.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { host, type World } from './world.ts'

export type StartOptions = {
  /** put over the environment of the tests; undefined takes a variable away */
  readonly env?: Environment
  /** default: the directory of the project */
  readonly cwd?: string
  /** shell commands run before, in the same process: 'ulimit -Sn 256', 'exec 7</dev/null', 'umask 077' */
  readonly setup?: string
}

export type RunOptions = StartOptions & {
  /** what is to be read from stdin, before its end; default: nothing, stdin is /dev/null */
  readonly input?: string | Buffer
  /** milliseconds; then everything is ended and run throws */
  readonly timeout?: number
}

export type TerminalOptions = StartOptions & { readonly cols?: number; readonly rows?: number }

/** A command line to which each call adds its arguments. */
export class Command {
  readonly #words: readonly string[]
  readonly #world: World

  constructor(words: readonly string[], world = host) {
    this.#words = words
    this.#world = world
  }

  /** The same command, run in another world. */
  on(world: World): Command {
    return new Command(this.#words, world)
  }

  /** The command with arguments as one line that can be typed into a shell. */
  line(args: readonly string[] = []): string {
    return quoted([...this.#words, ...args])
  }

  /**
   * Runs it to its end.
   * @throws TimeoutError that shows the output so far
   */
  async run(args: readonly string[] = [], options: RunOptions = {}): Promise<Result> {
    const { input, timeout } = options
    const live = await this.#spawn(args, options, input === undefined ? 'none' : 'pipe')
    if (input !== undefined) {
      live.write(input)
      live.endInput()
    }
    return live.exit(timeout)
  }

  /** Starts it with pipes as stdin, stdout and stderr. It is ended with the test at the latest. */
  start(args: readonly string[] = [], options: StartOptions = {}): Promise<LiveProcess> {
    return this.#spawn(args, options, 'pipe')
  }

  /** Starts it in a pseudo-terminal, of which it is the session leader, as the first program of a window. */
  async terminal(args: readonly string[] = [], options: TerminalOptions = {}): Promise<Terminal> {
    const { cwd = repository, env, setup, ...size } = options
    const words = await this.#world.enter([...this.#words, ...args], { cwd, setup })
    const terminal = await openTerminal(words, { cwd, env: environment(env), ...size })
    atEnd(() => terminal.endIfRunning())
    return terminal
  }

  async #spawn(args: readonly string[], options: StartOptions, input: 'none' | 'pipe'): Promise<LiveProcess> {
    const { cwd = repository, env, setup } = options
    const words = await this.#world.enter([...this.#words, ...args], { cwd, setup })
    const live = new LiveProcess(words, { cwd, env: environment(env), input })
    atEnd(() => live.endIfRunning())
    return live
  }
}

/** Any command of the host: `command('ip', 'link').on(world).run()`. */
export const command = (...words: string[]): Command => new Command(words)
