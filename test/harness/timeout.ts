import { scale } from '../../runner/scale.ts'

if (!(scale > 0)) throw new RangeError('SKDOCKER_TIMEOUT_SCALE must be a number above 0')

/** What was waited for did not happen in time. The message shows what was seen until then. */
export class TimeoutError extends Error {
  override name = 'TimeoutError'
}

/**
 * A time limit fitted to the machine: a slow one (an emulator) sets SKDOCKER_TIMEOUT_SCALE, say to 10.
 * @param ms milliseconds on an ordinary machine
 */
export const scaled = (ms: number): number => ms * scale

/** Every method of the harness that waits gives up after this many milliseconds, where its caller names no other time. */
export const patience = scaled(20_000)

/** Resolves after `ms` milliseconds, not scaled. */
export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A program that a test has started: a LiveProcess, a Terminal. */
export type Watched = {
  readonly pid: number
  /** Nothing more is to be expected of it. */
  readonly hasEnded: boolean
  /** How it ended, if it did, and all that it has shown. */
  report(): Promise<string>
}

/**
 * Looks again and again, every 10 ms, until `look` returns something.
 * @param what named in the error: 'the first child of 42'
 * @param look returns undefined while there is nothing to be seen
 * @param options.timeout milliseconds
 * @param options.program whose doing it is: nobody waits any longer once it has ended, and the error shows its output
 * @throws TimeoutError, or Error when the program has ended without it
 */
export const eventually = async <T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  options: { timeout?: number | undefined; program?: Watched } = {},
): Promise<T> => {
  const { timeout = patience, program } = options
  const deadline = performance.now() + timeout
  for (;;) {
    // Asked before the look, because its last deed and its end may both fall between the two.
    const hasEnded = program?.hasEnded
    const seen = await look()
    if (seen !== undefined) return seen
    if (program && hasEnded)
      throw new Error(`${what}: not seen before the program ended\n${await program.report()}`)
    if (performance.now() > deadline) {
      throw new TimeoutError(
        `${what}: not seen within ${timeout} ms${program ? `\n${await program.report()}` : ''}`,
      )
    }
    await sleep(10)
  }
}

/**
 * The value of `promise`, or undefined when it has not settled after `timeout` milliseconds.
 * @throws what `promise` rejects with
 */
export const within = async <T>(promise: Promise<T>, timeout: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, timeout, undefined)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
