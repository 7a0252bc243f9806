/** A pipe at which a child waits until its parent has done its part. */

import { writeSync } from 'node:fs'
import { showCall } from './argument.ts'
import * as libc from './libc.ts'
import { hasErrno } from './program-error.ts'
import { close, read, type Step } from './steps.ts'
import { traceCall } from './trace.ts'

export class Gate {
  readonly #inner: number
  readonly #outer: number

  /** @throws SystemCallError */
  constructor() {
    const [inner, outer] = libc.pipe2()
    this.#inner = inner
    this.#outer = outer
  }

  /**
   * The steps of a child that waits. Without the first the child would hold its own gate open, and could not see by its
   * end that the parent is dead.
   */
  wait(): Step[] {
    return [close(this.#outer), read(this.#inner)]
  }

  /**
   * Lets the child through. One that waits for nobody any more, because it has died, is exitCode()'s to explain.
   * @throws SystemCallError
   */
  open(): void {
    libc.close(this.#inner)
    try {
      traceCall(showCall('write', [this.#outer, '.']), writeSync(this.#outer, '.'))
    } catch (error) {
      if (!hasErrno(error, 'EPIPE')) throw error
    }
    libc.close(this.#outer)
  }
}
