/** A gate is a pipe at which a child waits until its parent has done its part. */

import { writeSync } from 'node:fs'
import { showCall } from './argument.ts'
import * as libc from './libc.ts'
import { hasErrno } from './program-error.ts'
import { close, dup2, read, type Step } from './steps.ts'
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
   * The step by which a child hands the gate on to the program that it executes, which waits with read(). Its copy of the
   * writing end is closed by execve.
   * @param fd which descriptor the gate is there
   */
  handOn(fd: number): Step {
    return dup2(this.#readEnd, fd)
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

  /** Gives the gate up: a child that waits at it ends. */
  close(): void {
    for (const fd of [this.#readEnd, this.#writeEnd]) libc.close(fd)
  }
}
