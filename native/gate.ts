/** A gate is a pipe at which a child waits until its parent has done its part. */

import { writeSync } from 'node:fs'
import { showCall } from './argument.ts'
import * as libc from './libc.ts'
import { hasErrno } from './program-error.ts'
import { close, read, type Step } from './steps.ts'
import { traceCall } from './trace.ts'

export class Gate {
  readonly #readEnd: number
  readonly #writeEnd: number

  /** @throws SystemCallError */
  constructor() {
    const [readEnd, writeEnd] = libc.pipe2()
    this.#readEnd = readEnd
    this.#writeEnd = writeEnd
  }

  /**
   * The steps with which the child waits. It first closes its copy of the writing end: only then does the pipe end when
   * the parent dies.
   */
  wait(): Step[] {
    return [close(this.#writeEnd), read(this.#readEnd)]
  }

  /**
   * Lets the child go on. When the child has died meanwhile this does nothing, because exitCode() reports it.
   * @throws SystemCallError
   */
  open(): void {
    libc.close(this.#readEnd)
    try {
      traceCall(showCall('write', [this.#writeEnd, '.']), writeSync(this.#writeEnd, '.'))
    } catch (error) {
      if (!hasErrno(error, 'EPIPE')) throw error
    }
    libc.close(this.#writeEnd)
  }
}
