/**
 * A child that waits until this program ends, however it ends, and then puts the host back: the reading end of a pipe
 * whose writing end only this program has. It shares no memory with Node but the page it runs in, and no process group.
 */

import * as libc from './libc.ts'
import { SIGCHLD } from './linux.ts'
import type { Page } from './page.ts'
import { close, close_range, perhaps, read, type Step, setpgid } from './steps.ts'
import { traceChild, traceEnd } from './trace.ts'

const LAST = 0xffffffff

const hired = new Set<Caretaker>()

// The last moment of a program that did not wait: the host is to be as it was before its caller goes on.
process.on('exit', () => {
  for (const caretaker of hired) caretaker.dismissNow()
})

/**
 * The first steps of every child: who holds a copy of the end that only this program is to hold keeps a caretaker
 * waiting, and a child at a gate would keep it waiting for good.
 */
export const letGo = (caretakers: Iterable<Caretaker> = hired): Step[] =>
  [...caretakers].map(caretaker => perhaps(close(caretaker.hold)))

export class Caretaker {
  /** what it does, to be put in a page */
  readonly steps: readonly Step[]
  readonly #gate: number
  /** the end of the pipe that this program alone is to hold */
  readonly hold: number
  #pid = 0

  /**
   * @param undo what it does in the end, each of it whatever became of the one before
   * @throws SystemCallError
   */
  constructor(undo: readonly Step[]) {
    const [gate, hold] = libc.pipe2()
    this.#gate = gate
    this.hold = hold
    const wait = [
      // A signal to the whole job, Ctrl-C or kill -9, is not meant for it.
      setpgid(0, 0),
      // Nobody who waits for the end of a pipe must wait for it.
      ...[0, 1, 2].filter(fd => !libc.isatty(fd)).map(close),
      ...(gate > 3 ? [close_range(3, gate - 1)] : []),
      close_range(gate + 1, LAST),
      read(gate),
    ]
    this.steps = [...wait.map(perhaps), ...undo]
  }

  /** Starts it. Throws SystemCallError. */
  hire(page: Page, program: number): void {
    this.#pid = page.launch(program, SIGCHLD)
    libc.close(this.#gate)
    traceChild(this.#pid, this.steps, page)
    hired.add(this)
  }

  /** Lets it do its work now and waits until it is done. */
  async dismiss(): Promise<void> {
    hired.delete(this)
    libc.close(this.hold)
    traceEnd(this.#pid, await libc.waitpid(this.#pid))
  }

  /** The same, holding everything up for the moment it takes; also for one that was never hired. */
  dismissNow(): void {
    hired.delete(this)
    libc.close(this.hold)
    if (this.#pid === 0) libc.close(this.#gate)
    else traceEnd(this.#pid, libc.waitpidNow(this.#pid))
  }
}
