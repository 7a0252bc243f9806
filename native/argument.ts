/** The arguments of a system call, and how strace(1) would write them down. */

import { constants } from 'node:os'
import { ProgramError } from './program-error.ts'

/** A number that has a name, such as a set of flags. */
export type Named = { readonly value: number; readonly text: string }

/** A number, an address, a C string, a null pointer, bytes in memory, or a NULL-terminated vector of C strings. */
export type Argument = number | bigint | string | null | Named | Uint8Array | readonly string[]

/** Whether an argument is a vector of strings. */
export const isVector = (argument: Argument): argument is readonly string[] => Array.isArray(argument)

const hexadecimal = (value: number): string => `0x${value.toString(16)}`

/** A mode or a mask as strace(1) writes it: `022`, `0755`. */
export const octal = (mode: number): string => `0${mode.toString(8).padStart(2, '0')}`

/**
 * Flags with their names, such as `CLONE_NEWUTS|SIGCHLD`.
 * @param value the flags
 * @param names the name of each bit
 * @param nameRest writes down the bits that have no name; in hexadecimal by default
 */
export const namedFlags = (
  value: number,
  names: Readonly<Record<string, number>>,
  nameRest: (bits: number) => string = hexadecimal,
): Named => ({
  value,
  // The text is put together only when somebody reads it.
  get text() {
    const set = Object.entries(names).filter(([, bit]) => (value & bit) === bit)
    const rest = set.reduce((bits, [, bit]) => bits & ~bit, value)
    const words = set.map(([name]) => name)
    if (rest !== 0) words.push(nameRest(rest))
    return words.join('|') || '0'
  },
})

/** A number with its name, or in hexadecimal when it has none. */
export const namedNumber = (value: number, names: Readonly<Record<number, string>>): Named => ({
  value,
  text: names[value] ?? hexadecimal(value),
})

/**
 * Checks that a number fits into a C int, signed or unsigned. A register holds more bits, but C's int does not.
 * @param call the system call, for the error
 * @param limit the smallest number that is too large
 * @returns the number
 * @throws ProgramError when it does not fit
 */
export const checkCInt = (call: string, value: number, limit = 2 ** 32): number => {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < limit) return value
  throw new ProgramError(`${call}: ${value} is not a C int, a whole number of 32 bits`)
}

/** The name of a signal, `SIGCHLD` for 17, or its number. Source: signal(7) */
export const signalName = (signal: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal)

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 197)}…` : text)

/** An argument as strace(1) would write it. */
export const showArgument = (argument: Argument): string => {
  if (argument === null) return 'NULL'
  if (typeof argument === 'string') return shorten(JSON.stringify(argument))
  if (typeof argument === 'number') return String(argument)
  if (typeof argument === 'bigint') return `0x${argument.toString(16)}`
  if (argument instanceof Uint8Array) return `<${argument.length} bytes>`
  if (isVector(argument))
    return argument.length > 8 ? `[${argument.length} strings]` : shorten(JSON.stringify(argument))
  return argument.text
}

/** A whole call as strace(1) would write it: `chroot("busybox")`. */
export const showCall = (call: string, args: readonly Argument[]): string =>
  `${call}(${args.map(showArgument).join(', ')})`
