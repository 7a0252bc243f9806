/** The way into the running program's own libc, glibc or musl. What goes in is checked, for ffi-rs would change it silently. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FieldType } from 'ffi-rs'
import { type Argument, cInt, type Named, show } from './argument.ts'
import { ProgramError } from './program-error.ts'

type Ffi = typeof import('ffi-rs')

const LIBC = 'libc'

/**
 * Whether a process runs on musl. That is one file, loader and library in one: on Alpine it is called ld-musl-ARCH.so.1,
 * and where musl is installed as its authors have it that name is a link to libc.so. No file of glibc's has either name.
 * @param maps its /proc/PID/maps; this process' unless told
 */
export const isMusl = (maps = readFileSync('/proc/self/maps', 'utf8')): boolean =>
  /\/(ld-musl-[^/]*|libc\.so)$/m.test(maps)

/**
 * The binary of ffi-rs, without the JavaScript around it: that asks for a whole diagnostic report to learn whether this
 * is musl, tsx reads it for imports it does not have, and both together take longer than all the rest of native/.
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

// On the first call and not on import, so that a program can still say in one line what is wrong.
const ffi = (): Ffi => {
  if (loaded) return loaded
  loaded = loadFfi()
  loaded.open({ library: LIBC, path: '' })
  return loaded
}

/** What a libc function returns: an int, an address, or text. */
export type Returns = 'int' | 'pointer' | 'string'

const returnTypes = { int: 'I32', pointer: 'BigInt', string: 'String' } as const

/** What load() gives when asked for errno; what its types say of it is not so. */
export type Answer = { value: number | bigint | string; errnoCode: number }

// ffi-rs's own name for it is in the JavaScript that is left out.
const ARRAY = 997

const typeOf = ({ DataType }: Ffi, argument: Argument): FieldType => {
  if (typeof argument === 'string') return DataType.String
  if (typeof argument === 'bigint' || argument === null) return DataType.BigInt
  if (argument instanceof Uint8Array) return { ffiTypeTag: ARRAY, type: DataType.U8Array, length: argument.length }
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

/** Calls a libc function now. */
export const invoke = (name: string, returns: Returns, args: readonly Argument[]): Answer => {
  const binary = ffi()
  return binary.load({
    library: LIBC,
    funcName: name,
    retType: binary.DataType[returnTypes[returns]],
    paramsType: args.map(argument => typeOf(binary, argument)),
    paramsValue: args.map(argument => wordOf(name, argument)),
    errno: true,
    freeResultMemory: false,
  }) as unknown as Answer
}

/** What errno means, in libc's words. Source: strerror(3) */
export const strerror = (errno: number): string => invoke('strerror', 'string', [errno]).value as string

/**
 * Node sees memory it did not allocate: a Buffer over it, without a copy.
 * The Buffer must not be touched after munmap().
 */
export const memoryAt = (address: bigint, length: number): Buffer => {
  const { createExternalBuffer, DataType, load } = ffi()
  // memcpy of nothing returns its first argument, in the shape ffi-rs wants a pointer in.
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
