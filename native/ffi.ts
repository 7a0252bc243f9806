/** Calls functions of this program's own libc, glibc or musl. Arguments are checked, because ffi-rs changes some silently. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FieldType } from 'ffi-rs'
import { type Argument, checkCInt, type Named, showArgument } from './argument.ts'
import { ProgramError } from './program-error.ts'

type Ffi = typeof import('ffi-rs')

const LIBC = 'libc'

/**
 * Whether a process runs on musl. The file of musl is both loader and library. It is called ld-musl-ARCH.so.1 on Alpine
 * and libc.so where musl was installed by its own makefile. No file of glibc has either name.
 * @param maps the text of /proc/PID/maps; that of this process by default
 */
export const isMusl = (maps = readFileSync('/proc/self/maps', 'utf8')): boolean =>
  /\/(ld-musl-[^/]*|libc\.so)$/m.test(maps)

/**
 * Loads the binary of ffi-rs without the JavaScript around it. That JavaScript makes a whole diagnostic report to find
 * out whether this is musl, and tsx transforms it for nothing; both take longer than all the rest of native/.
 */
const loadFfi = (): Ffi => {
  if (process.platform !== 'linux')
    throw new ProgramError(
      `${process.platform} has no namespaces, they are the Linux kernel's: run skdocker in a Linux virtual machine`,
    )
  const binary = `@yuuang/ffi-rs-linux-${process.arch}-${isMusl() ? 'musl' : 'gnu'}`
  const { resolve } = createRequire(import.meta.url)
  try {
    return createRequire(resolve('ffi-rs'))(binary)
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw new ProgramError(`${line}: run "npm install" again on this machine; it has to be x86-64 or arm64`)
  }
}

let loaded: Ffi | undefined

// It is loaded by the first call and not by the import, so that a program can report in one line why it cannot be.
const ffi = (): Ffi => {
  if (loaded) return loaded
  loaded = loadFfi()
  loaded.open({ library: LIBC, path: '' })
  return loaded
}

/** The return type of a libc function: an int, an address, or a text. */
type Returns = 'int' | 'pointer' | 'string'

const returnTypes = { int: 'I32', pointer: 'BigInt', string: 'String' } as const

/** What a libc function returned, and errno. */
export type Answer = { value: number | bigint | string; errnoCode: number }

// The JavaScript of ffi-rs, which is not loaded, calls this number DataType.Array.
const ARRAY = 997

const typeOf = ({ DataType }: Ffi, argument: Argument): FieldType => {
  if (typeof argument === 'string') return DataType.String
  if (typeof argument === 'bigint' || argument === null) return DataType.BigInt
  if (argument instanceof Uint8Array) return { ffiTypeTag: ARRAY, type: DataType.U8Array, length: argument.length }
  return DataType.I32
}

const checkedValue = (call: string, argument: Argument): unknown => {
  if (argument === null) return 0n
  if (typeof argument === 'string') return checkNoNul(call, argument)
  if (typeof argument === 'number') return checkSignedInt(call, argument)
  if (typeof argument === 'bigint') return argument
  if (argument instanceof Uint8Array) return argument
  return checkSignedInt(call, (argument as Named).value)
}

// ffi-rs would take the highest bit of a larger number for its sign.
const checkSignedInt = (call: string, value: number): number => checkCInt(call, value, 2 ** 31)

// ffi-rs would pass on only the text before the NUL.
const checkNoNul = (call: string, text: string): string => {
  if (!text.includes('\0')) return text
  throw new ProgramError(`${call}: ${showArgument(text)} has a NUL byte in it: to the kernel it would end there`)
}

/**
 * Calls a libc function.
 * @throws ProgramError for an argument that C cannot represent
 */
export const invoke = (name: string, returns: Returns, args: readonly Argument[]): Answer => {
  const binary = ffi()
  return binary.load({
    library: LIBC,
    funcName: name,
    retType: binary.DataType[returnTypes[returns]],
    paramsType: args.map(argument => typeOf(binary, argument)),
    paramsValue: args.map(argument => checkedValue(name, argument)),
    errno: true,
    freeResultMemory: false,
    // With errno: true it returns this object, though its types promise the bare value.
  }) as unknown as Answer
}

/** The text of libc for an errno. Source: strerror(3) */
export const strerror = (errno: number): string => invoke('strerror', 'string', [errno]).value as string

/**
 * A Buffer over memory that Node did not allocate, without a copy. It must not be touched after munmap().
 * @param length in bytes
 */
export const memoryAt = (address: bigint, length: number): Buffer => {
  const { createExternalBuffer, DataType, load } = ffi()
  // ffi-rs wants a pointer of its own type. A memcpy of 0 bytes does nothing but return its first argument as one.
  const pointer = load({
    library: LIBC,
    funcName: 'memcpy',
    retType: DataType.External,
    paramsType: [DataType.BigInt, DataType.BigInt, DataType.BigInt],
    paramsValue: [address, address, 0n],
    freeResultMemory: false,
  })
  return createExternalBuffer(pointer, length)
}
