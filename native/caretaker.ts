/**
 * A caretaker is a child that puts the host back when this program has ended, however it ended. It reads from a pipe
 * whose writing end only this program holds: when this program is gone the kernel closes that end, and read(2) returns.
 */

import * as libc from './libc.ts'
import { LAST_FD, SIGCHLD, SIGKILL } from './linux.ts'
import type { Page } from './shared-page.ts'
import { close, close_range, ignoreFailure, read, type Step, setpgid } from './steps.ts'
import { traceChild, traceEnd } from './trace.ts'

const running = new Set<Caretaker>()

// A program may end without having waited for its child. The host must be as it was before the caller goes on.
process.on('exit', () => {
  for (const caretaker of running) caretaker.finishSync()
})

/**
 * The first steps of every child: it closes its copies of the writing ends. A child that kept one, such as a child that
 * waits at a gate, would keep that caretaker waiting for ever.
 * @param starting a caretaker that is not running yet
 */
export const closeCaretakerPipes = (starting?: Caretaker): Step[] =>
  [...running, ...(starting ? [starting] : [])].map(caretaker => ignoreFailure(close(caretaker.writeEnd)))

export class Caretaker {
  /** what it does, for the page in which it runs */
  readonly steps: readonly Step[]
  /** the end of the pipe that only this program may hold */
  readonly writeEnd: number
  readonly #readEnd: number
  readonly #isNeeded: () => boolean
  #pid = 0

  /**
   * @param undo the steps that it does in the end; a step is done also when the one before it failed
   * @param isNeeded tells whether the steps are to be done. It is asked when this program ends by itself
   * @throws SystemCallError
   */
  constructor(undo: readonly Step[], isNeeded: () => boolean = () => true) {
    this.#isNeeded = isNeeded
    const [readEnd, writeEnd] = libc.pipe2()
    this.#readEnd = readEnd
    this.writeEnd = writeEnd
    const wait = [
      // It leaves the process group, because Ctrl-C and kill(2) end everybody in that.
      setpgid(0, 0),
      // It closes pipes and files, because somebody may be waiting until the last writer has closed them.
      ...[0, 1, 2].filter(fd => !libc.isatty(fd)).map(close),
      ...(readEnd > 3 ? [close_range(3, readEnd - 1)] : []),
      close_range(readEnd + 1, LAST_FD),
      read(readEnd),
    ]
    this.steps = [...wait.map(ignoreFailure), ...undo]
  }

  /**
   * Starts it. It shares no memory with Node but the page, so it survives Node.
   * @param page where its steps are
   * @param program which of the page's programs they are
   * @throws SystemCallError
   */
  start(page: Page, program: number): void {
    this.#pid = page.launch(program, SIGCHLD)
    libc.close(this.#readEnd)
    traceChild(this.#pid, this.steps, page)
    running.add(this)
  }

  /** Lets it put the host back now, and waits until that is done. Throws SystemCallError. */
  async finish(): Promise<void> {
    running.delete(this)
    libc.close(this.writeEnd)
    traceEnd(this.#pid, await libc.waitpid(this.#pid))
  }

  /** Does what finish() does, but blocks the event loop. It may be called for a caretaker that was never started. */
  finishSync(): void {
    running.delete(this)
    if (this.#pid !== 0 && !this.#isNeeded()) libc.kill(this.#pid, SIGKILL)
    libc.close(this.writeEnd)
    if (this.#pid === 0) libc.close(this.#readEnd)
    else traceEnd(this.#pid, libc.waitpidSync(this.#pid))
  }
}
