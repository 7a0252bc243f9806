import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { isSystemError } from '#native/program-error.ts'

const EM: Record<string, number> = { x64: 62, arm64: 183 }
const machines = new Map([
  [3, 'i386'],
  [40, 'arm'],
  [62, 'x86-64'],
  [183, 'arm64'],
  [243, 'riscv'],
])
const ET_EXEC = 2
const ET_DYN = 3
const PT_INTERP = 3

/**
 * Why a file is not a static program of this machine: it has to run in a root filesystem without any library,
 * so its ELF program headers must not ask for an interpreter (PT_INTERP, the dynamic linker): elf(5).
 *
 * @param path the file to look at
 * @returns the reason, to follow the file's name in a sentence, or undefined when it is static
 */
export const staticProblem = (path: string): string | undefined => {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat) return 'does not exist'
    if (!stat.isFile()) return stat.isDirectory() ? 'is a directory' : 'is not a regular file'
    return fileProblem(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return `cannot be read (${error.code})`
  }
}

const fileProblem = (path: string): string | undefined => {
  const file = openSync(path, 'r')
  try {
    return headerProblem((position, length) => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(file, bytes, 0, length, position))
    })
  } finally {
    closeSync(file)
  }
}

const headerProblem = (read: (position: number, length: number) => Buffer): string | undefined => {
  const header = read(0, 64)
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return 'is not an ELF program'
  // Both machines of this workbook are 64-bit and little-endian.
  if (header.length < 64 || header[4] !== 2 || header[5] !== 1) return `is not built for ${process.arch}`
  const machine = header.readUInt16LE(18)
  if (machine !== EM[process.arch]) {
    return `is built for ${machines.get(machine) ?? `machine ${machine}`}, and this machine is ${process.arch}`
  }
  const type = header.readUInt16LE(16)
  if (type !== ET_EXEC && type !== ET_DYN) return 'is an object file, not a program'

  const size = header.readUInt16LE(54)
  const count = header.readUInt16LE(56)
  const programHeaders = read(Number(header.readBigUInt64LE(32)), size * count)
  if (size < 56 || count === 0 || programHeaders.length < size * count) return 'is cut short'
  for (let at = 0; at < programHeaders.length; at += size) {
    if (programHeaders.readUInt32LE(at) === PT_INTERP) return 'is dynamically linked, and must be static'
  }
  return undefined
}
