/**
 * A program file that holds nothing but steps: the loop of processor.ts and a table, as an ELF executable of one page of
 * code and one of data. A process that executes it keeps nothing of Node: no memory, no program file, no descriptor that
 * was not handed on. Source: elf(5); System V Application Binary Interface, chapters 4 and 5
 */

import { type Architecture, loops } from './processor.ts'
import { StepTable } from './step-table.ts'
import type { Range, Step, StepResults } from './steps.ts'
import { isTracing } from './trace.ts'

/** Where the file is loaded: above what mmap_min_addr forbids, and in the lowest 4 GiB, so that an address fits 32 bits. */
const BASE = 0x200000

/** The largest page that Linux has on either processor, in bytes: code and data must not share one. */
const PAGE = 0x10000

const ELF_HEADER = 64 // bytes
const PROGRAM_HEADER = 56
const HEADERS = ELF_HEADER + 2 * PROGRAM_HEADER
const WORD = 8

const ET_EXEC = 2
const EM = { x64: 62, arm64: 183 } as const satisfies Record<Architecture, number>
const PT_LOAD = 1
const [PF_X, PF_W, PF_R] = [1, 2, 4]

/** Puts the address of the first row where a C function finds its first argument; the loop follows. */
const loadFirstRow = {
  // mov edi, row
  x64: (row: number) => Uint8Array.of(0xbf, ...bytesOf(row)),
  // movz x0, row & 0xffff; movk x0, row >> 16, lsl #16
  arm64: (row: number) =>
    Uint8Array.of(...bytesOf(0xd2800000 + (row & 0xffff) * 32), ...bytesOf(0xf2a00000 + (row >>> 16) * 32)),
} as const satisfies Record<Architecture, (row: number) => Uint8Array>

const bytesOf = (word: number): Uint8Array => new Uint8Array(Uint32Array.of(word).buffer)

const writeElfHeader = (file: DataView, architecture: Architecture): void => {
  Buffer.from(file.buffer).write('\x7fELF\x02\x01\x01', 0, 'latin1') // 64 bits, little-endian, version 1
  file.setUint16(16, ET_EXEC, true)
  file.setUint16(18, EM[architecture], true)
  file.setUint32(20, 1, true)
  file.setBigUint64(24, BigInt(BASE + HEADERS), true) // where it begins
  file.setBigUint64(32, BigInt(ELF_HEADER), true) // where the program headers are
  file.setUint16(52, ELF_HEADER, true)
  file.setUint16(54, PROGRAM_HEADER, true)
  file.setUint16(56, 2, true)
}

type Segment = {
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly length: number
}

const writeProgramHeader = (file: DataView, at: number, { flags, offset, address, length }: Segment): void => {
  file.setUint32(at, PT_LOAD, true)
  file.setUint32(at + 4, flags, true)
  file.setBigUint64(at + 8, BigInt(offset), true)
  for (const place of [at + 16, at + 24]) file.setBigUint64(place, BigInt(address), true)
  for (const place of [at + 32, at + 40]) file.setBigUint64(place, BigInt(length), true)
  file.setBigUint64(at + 48, BigInt(PAGE), true)
}

/** A program file, and what becomes of its steps where somebody copies the file's data back. */
export type ProgramImage = {
  /** the file */
  readonly bytes: Uint8Array
  /** its data as it is loaded: the table, and what the arguments point to */
  readonly data: Buffer
  /** what this data says of the steps */
  readonly results: StepResults
}

type Table = { readonly row: number; readonly data: Buffer; readonly results: StepResults; readonly needed: number }

const writeTable = (
  program: (data: Range) => readonly Step[],
  architecture: Architecture,
  address: bigint,
  length: number,
): Table => {
  const data = Buffer.from(new ArrayBuffer(length))
  const table = new StepTable(data, address, architecture, isTracing())
  const row = Number(table.addProgram(program({ address, length })))
  return { row, data, results: table, needed: table.length }
}

/** Where the data lies: in the file, and in memory. The two differ by whole pages: elf(5), p_align. */
type Place = { readonly offset: number; readonly address: number }

/** On a page of the file that has nothing else in it. */
const PAGE_OF_ITS_OWN: Place = { offset: PAGE, address: BASE + PAGE }

/** Right behind the code, in a page of the file that is loaded twice. */
const behindCode = (architecture: Architecture): Place => {
  const end = HEADERS + loadFirstRow[architecture](0).length + loops[architecture].length
  const offset = Math.ceil(end / WORD) * WORD
  return { offset, address: BASE + PAGE + offset }
}

/**
 * Makes an executable file that does nothing but carry out steps; it ends with 0 after the last, and with 125 after one
 * that fails.
 * @param program makes the steps, in order, for the memory in which their table will lie. It is called twice, because the
 * first call tells how long the table is. An exec() among the steps replaces this program by another
 * @param isSmall whether the file is to be as short as can be. Its data does not begin at a page then, so that it cannot
 * map anything over that
 * @throws ProgramError for arguments that C does not have
 */
export const programImage = (
  program: (data: Range) => readonly Step[],
  architecture: Architecture,
  isSmall = false,
): ProgramImage => {
  const { offset, address } = isSmall ? behindCode(architecture) : PAGE_OF_ITS_OWN
  const { needed } = writeTable(program, architecture, BigInt(address), 0)
  const { row, data, results } = writeTable(program, architecture, BigInt(address), needed)
  const code = Buffer.concat([loadFirstRow[architecture](row), loops[architecture]])
  const bytes = new Uint8Array(offset + data.length)
  const view = new DataView(bytes.buffer)
  writeElfHeader(view, architecture)
  writeProgramHeader(view, ELF_HEADER, {
    flags: PF_R | PF_X,
    offset: 0,
    address: BASE,
    length: HEADERS + code.length,
  })
  writeProgramHeader(view, ELF_HEADER + PROGRAM_HEADER, {
    flags: PF_R | PF_W,
    offset,
    address,
    length: data.length,
  })
  bytes.set(code, HEADERS)
  bytes.set(data, offset)
  return { bytes, data, results }
}
