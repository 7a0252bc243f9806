/** A vitest worker inside of a lab: what its tests do to the machine they do to the lab. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { PoolOptions, PoolWorker, WorkerRequest } from 'vitest/node'
import { childrenOf } from '#native/process-state.ts'
import { type Lab, NPM_OF_LAB } from '../../runner/lab/lab.ts'
import type { Labs } from './labs.ts'

/** One run of one test file. Vitest calls start() before all else, and stop() in the end. */
export class LabWorker implements PoolWorker {
  readonly name = 'lab'
  readonly #options: PoolOptions
  readonly #labs: Labs
  #lab: Lab | undefined
  #fork: ChildProcess | undefined

  constructor(options: PoolOptions, labs: Labs) {
    this.#options = options
    this.#labs = labs
  }

  /**
   * Takes a lab, waiting until one is free, and starts vitest's own worker program in it.
   * @throws LabError
   */
  async start(): Promise<void> {
    const { distPath, env, execArgv, project } = this.#options
    this.#lab = await this.#labs.take()
    const [program, ...words] = this.#lab.enter([process.execPath, ...execArgv])
    this.#fork = fork(join(distPath, 'workers/forks.js'), [], {
      execPath: program,
      execArgv: words,
      env: { ...env, ...NPM_OF_LAB, LAB_GROUPS: this.#lab.env.LAB_GROUPS },
      stdio: 'pipe',
      serialization: 'advanced',
    })
    const { outputStream, errorStream } = project.vitest.logger
    this.#fork.stdout?.on('data', chunk => outputStream.write(chunk))
    this.#fork.stderr?.on('data', chunk => errorStream.write(chunk))
  }

  /** Ends the worker and gives the lab back. nsenter(1) passes no signal on, so the worker itself is killed. */
  async stop(): Promise<void> {
    const worker = this.#fork
    if (worker?.pid && worker.exitCode === null && worker.signalCode === null) {
      const ended = once(worker, 'exit')
      for (const pid of childrenOf(worker.pid)) process.kill(pid, 'SIGKILL')
      await ended
    }
    if (this.#lab) this.#labs.giveBack(this.#lab)
    this.#lab = undefined
  }

  on(event: string, callback: (argument: unknown) => void): void {
    this.#fork?.on(event, callback)
  }

  off(event: string, callback: (argument: unknown) => void): void {
    this.#fork?.off(event, callback)
  }

  send(message: WorkerRequest): void {
    if (this.#fork?.connected) this.#fork.send(message)
  }

  deserialize(data: unknown): unknown {
    return data
  }
}
