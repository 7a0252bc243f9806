/** The labs of a test run: made when the first tests want them, lent to one test file at a time, closed at the end. */

import { Lab } from '../../runner/lab/lab.ts'

export class Labs {
  readonly #most: number
  readonly #made: Promise<Lab>[] = []
  readonly #free: Lab[] = []
  readonly #waiting: ((lab: Lab) => void)[] = []

  /** @param most how many there are at once */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * A lab that nobody else uses, as soon as there is one.
   * @throws LabError when none can be made here
   */
  take(): Promise<Lab> {
    const free = this.#free.pop()
    if (free) return Promise.resolve(free)
    if (this.#made.length >= this.#most) return new Promise(resolve => this.#waiting.push(resolve))
    // The tests of cgroup v2 take whatever controller there is.
    const lab = Lab.open({ controllers: 'all' })
    this.#made.push(lab)
    // Vitest exits a millisecond after a signal, whatever has yet to be closed.
    void lab.then(opened => process.on('exit', () => opened.closeNow())).catch(() => {})
    return lab
  }

  /** Lets the next one have it. */
  giveBack(lab: Lab): void {
    const next = this.#waiting.shift()
    if (next) next(lab)
    else this.#free.push(lab)
  }

  /** Ends all that is in them. */
  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#made.splice(0))
    await Promise.all(opened.map(result => (result.status === 'fulfilled' ? result.value.close() : undefined)))
  }
}
