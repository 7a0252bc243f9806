import { onTestFinished } from 'vitest'
import { initOf, type LiveProcess, program, type StartOptions, scaled, type World } from '../harness/index.ts'

/** A running container whose first process is a shell that does what it is told. */
export class Container {
  readonly starter: LiveProcess
  /** the shell, as the host sees it */
  readonly init: number

  constructor(starter: LiveProcess, init: number) {
    this.starter = starter
    this.init = init
  }

  /** Has the shell do something and returns what it writes to stdout. */
  async ask(line: string): Promise<string> {
    this.starter.write(`${line}; echo "[done $?]"\n`)
    const { input, index } = await this.starter.stdout.waitFor(/\[done \d+\]\n/)
    return input.slice(0, index)
  }

  /** Ends the shell and waits for the program. */
  async exit(code = 0) {
    this.starter.write(`exit ${code}\n`)
    return this.starter.exit()
  }
}

/** Has a program end with its test, by its own door: the harness would kill all of it, and nobody could clean up after it. */
export const leaveAtEnd = (starter: LiveProcess): void =>
  onTestFinished(async () => {
    starter.endInput()
    await starter.exit(scaled(10_000))
  })

/**
 * Starts a program of the course with a shell in it, which ends with the test at the latest.
 * @param file below chapters/
 * @param args what comes before the shell: the root filesystem, or nothing
 * @param options.world where; default: the host
 * @param options.root 'host' when that is the root filesystem: see initOf
 */
export const startShell = async (
  file: string,
  args: readonly string[],
  options: StartOptions & { world?: World; root?: 'own' | 'host' } = {},
): Promise<Container> => {
  const { world, root = 'own', ...rest } = options
  const command = world ? program(file).on(world) : program(file)
  const starter = await command.start([...args, '/bin/sh'], rest)
  leaveAtEnd(starter)
  return new Container(starter, await initOf(starter, { root }))
}
