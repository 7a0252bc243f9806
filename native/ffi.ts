/** The way into the running program's own libc, glibc or musl. What goes in is checked, for ffi-rs would change it silently. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Argument, cInt, type Named, show } from './argument.ts'
import { ProgramError } from './program-error.ts'

const { report } = process
const { getReport } = report

/** Which libc this program runs on, as a diagnostic report would tell it. */
const libcOnly = () => {
  const isMusl = readFileSync('/proc/self/maps', 'utf8').includes('/ld-musl-')
  return { header: { glibcVersionRuntime: isMusl ? undefined : 'some' } }
}

/**
 * To learn whether this is musl, ffi-rs asks for a whole diagnostic report, and that takes longer than all the rest of
 * native/. It is CommonJS, and tsx on Node 20 takes a detour to import that; so it is required.
 */
const loadFfi = (): typeof import('ffi-rs') => {
  report.getReport = libcOnly
  try {
    return createRequire(import.meta.url)('ffi-rs')
  } finally {
    report.getReport = getReport
  }
}

const { createExternalBuffer, DataType, load, open } = loadFfi()

const LIBC = 'libc'
let opened = false

// On the first call and not on import, so that a program can still say in one line what is wrong.
const openLibc = (): void => {
  if (opened) return
  if (process.platform !== 'linux')
    throw new ProgramError(
      `${process.platform} has no namespaces, they are the Linux kernel's: run skdocker in a Linux virtual machine`,
    )
  open({ library: LIBC, path: '' })
  opened = true
}

/** What a libc function returns: an int, an address, or text. */
export type Returns = 'int' | 'pointer' | 'string'

const returnTypes = { int: DataType.I32, pointer: DataType.BigInt, string: DataType.String } as const

/** What load() gives when asked for errno; what its types say of it is not so. */
export type Answer = { value: number | bigint | string; errnoCode: number }

const typeOf = (argument: Argument): number => {
  if (typeof argument === 'string') return DataType.String
  if (typeof argument === 'bigint' || argument === null) return DataType.BigInt
  if (argument instanceof Uint8Array) return DataType.U8Array
  return DataType.I32
}

const wordOf = (call: string, argument: Argument): unknown => {
  if (argument === null) return 0n
  if (typeof argument === 'string') return withoutNul(call, argument)
  if (typeof argument === 'number') return int(call, argument)
  if (typeof argument === 'bigint') return argument
  if (argument instanceof Uint8Array) return argument
  return int(call, (argument as Named).value)
}

// ffi-rs would wrap a greater number around, and take its highest bit for a sign.
const int = (call: string, value: number): number => cInt(call, value, 2 ** 31)

// And of this it would hand on the beginning alone.
const withoutNul = (call: string, text: string): string => {
  if (!text.includes('\0')) return text
  throw new ProgramError(`${call}: ${show(text)} has a NUL byte in it: to the kernel it would end there`)
}

const request = (name: string, returns: Returns, args: readonly Argument[]) => ({
  library: LIBC,
  funcName: name,
  retType: returnTypes[returns],
  paramsType: args.map(typeOf),
  paramsValue: args.map(argument => wordOf(name, argument)),
  errno: true as const,
})

/** Calls a libc function now. */
export const invoke = (name: string, returns: Returns, args: readonly Argument[]): Answer => {
  openLibc()
  return load(request(name, returns, args)) as unknown as Answer
}

/** What errno means, in libc's words. Source: strerror(3) */
export const strerror = (errno: number): string => invoke('strerror', 'string', [errno]).value as string

/**
 * Node sees memory it did not allocate: a Buffer over it, without a copy.
 * The Buffer must not be touched after munmap().
 */
export const memoryAt = (address: bigint, length: number): Buffer => {
  // memcpy of nothing returns its first argument, in the shape ffi-rs wants a pointer in.
  const pointer = load({
    library: LIBC,
    funcName: 'memcpy',
    retType: DataType.External,
    paramsType: [DataType.BigInt, DataType.BigInt, DataType.BigInt],
    paramsValue: [address, address, 0n],
  })
  return createExternalBuffer(pointer, length)
}
