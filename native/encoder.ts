/** What machine code must be able to say for a child to make system calls and see whether they failed. */

import type { Code } from './code.ts'
import type { Architecture } from './system-calls.ts'

/** When to jump, going by the result of the last system call; a number is from -4095 to 4095. */
export type Condition = 'failed' | { readonly is: number } | { readonly isNot: number }

/** Where a jump has been written that does not know yet where it goes. */
export type Hole = number

/** One processor's way of saying it: each method but the first adds instructions to the code. */
export type Encoder = {
  readonly architecture: Architecture
  /** Makes a system call; its result is then the last result. */
  systemCall(code: Code, number: number, args: readonly bigint[]): void
  /** Writes the last result to memory. */
  store(code: Code, address: bigint): void
  /** Makes a word of memory the last result. */
  load(code: Code, address: bigint): void
  /** Jumps when the last result is so. */
  jump(code: Code, when: Condition): Hole
  /** Lets a jump go to what is written next. */
  land(code: Code, from: Hole): void
}
