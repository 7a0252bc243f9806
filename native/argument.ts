/** What a system call can be given, from either side of clone(), and how it is written down. */

import { constants } from 'node:os'
import { ProgramError } from './program-error.ts'

/** A number that has a name, such as a set of flags. */
export type Named = { readonly value: number; readonly text: string }

/** A number, a C string, no pointer (null), bytes at an address, or a NULL-ended vector of C strings. */
export type Argument = number | bigint | string | null | Named | Uint8Array | readonly string[]

/** Whether an argument is a vector of strings. */
export const isVector = (argument: Argument): argument is readonly string[] => Array.isArray(argument)

/**
 * A number with its flags spelled out, for people: `CLONE_NEWUTS|SIGCHLD`.
 * @param value the flags
 * @param names the name of each bit
 * @param rest how to write what no name covers; hexadecimal unless told
 */
export const flags = (
  value: number,
  names: Readonly<Record<string, number>>,
  rest: (bits: number) => string = bits => `0x${bits.toString(16)}`,
): Named => ({
  value,
  // Written out only when somebody reads it.
  get text() {
    const set = Object.entries(names).filter(([, bit]) => (value & bit) === bit)
    const left = set.reduce((bits, [, bit]) => bits & ~bit, value)
    const words = set.map(([name]) => name)
    if (left !== 0) words.push(rest(left))
    return words.join('|') || '0'
  },
})

/**
 * A number that 32 bits can hold, signed or not: what a register has beyond them, C's int has not.
 * @param limit the least number that is too great
 * @throws ProgramError for any other
 */
export const cInt = (call: string, value: number, limit = 2 ** 32): number => {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < limit) return value
  throw new ProgramError(`${call}: ${value} is not a C int, a whole number of 32 bits`)
}

/** A number by its name, where it has one. */
export const named = (value: number, names: Readonly<Record<number, string>>): Named => ({
  value,
  text: names[value] ?? `0x${value.toString(16)}`,
})

/** The name of a signal, `SIGCHLD` for 17, or its number. Source: signal(7) */
export const signalName = (signal: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal)

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 197)}…` : text)

/** An argument as strace(1) would write it. */
export const show = (argument: Argument): string => {
  if (argument === null) return 'NULL'
  if (typeof argument === 'string') return shorten(JSON.stringify(argument))
  if (typeof argument === 'number') return String(argument)
  if (typeof argument === 'bigint') return `0x${argument.toString(16)}` // an address
  if (argument instanceof Uint8Array) return `<${argument.length} bytes>`
  if (isVector(argument))
    return argument.length > 8 ? `[${argument.length} strings]` : shorten(JSON.stringify(argument))
  return argument.text
}

/** A whole call as strace(1) would write it: `chroot("busybox")`. */
export const showCall = (call: string, args: readonly Argument[]): string => `${call}(${args.map(show).join(', ')})`
