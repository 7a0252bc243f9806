/** What machine code must be able to say for a child to make system calls and see whether they failed. */

import type { Architecture } from './system-calls.ts'

/** When to jump, going by the result of the last system call. */
export type Condition = 'always' | 'failed' | { readonly is: number } | { readonly isNot: number }

/** One processor's way of saying it. Each method returns instructions of a length that no value changes. */
export type Encoder = {
  readonly architecture: Architecture
  /** Makes a system call; its result is then the last result. */
  systemCall(number: number, args: readonly bigint[]): Uint8Array
  /** Writes the last result to memory. */
  store(address: bigint): Uint8Array
  /** Makes a word of memory the last result. */
  load(address: bigint): Uint8Array
  /**
   * Jumps when the last result is so.
   * @param distance bytes from the end of these instructions to where it goes on
   */
  jump(when: Condition, distance: number): Uint8Array
}

/** The greatest errno. The kernel's results from -4095 to -1 are failures, all others are values. */
export const MAX_ERRNO = 4095
