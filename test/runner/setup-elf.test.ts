import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { staticProblem } from '../../runner/setup/static-problem.ts'
import { busyboxPath, oddDirectory } from './setup-fixture.ts'

const thisMachine = process.arch === 'arm64' ? 183 : 62
const otherMachine = process.arch === 'arm64' ? 62 : 183
const [PT_LOAD, PT_INTERP] = [1, 3]

type Header = {
  readonly bits?: 1 | 2
  readonly type?: number
  readonly machine?: number
  readonly segments?: number[]
}

/** The ELF header and program headers of a program, by elf(5). */
const elf = ({ bits = 2, type = 2, machine = thisMachine, segments = [PT_LOAD] }: Header): Buffer => {
  const bytes = Buffer.alloc(64 + 56 * segments.length)
  bytes.write('\x7fELF', 'latin1')
  bytes.set([bits, 1, 1], 4)
  bytes.writeUInt16LE(type, 16)
  bytes.writeUInt16LE(machine, 18)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(segments.length, 56)
  for (const [at, segment] of segments.entries()) bytes.writeUInt32LE(segment, 64 + 56 * at)
  return bytes
}

test.each([
  ['a static program', elf({}), undefined],
  ['a static position-independent program', elf({ type: 3 }), undefined],
  ['an interpreter in the last segment', elf({ segments: [PT_LOAD, PT_LOAD, PT_INTERP] }), /dynamically linked/],
  ['an object file', elf({ type: 1 }), /object file/],
  ['another machine', elf({ machine: otherMachine }), /is built for (arm64|x86-64), and this machine is/],
  ['an unknown machine', elf({ machine: 999 }), /built for machine 999/],
  ['a 32-bit program', elf({ bits: 1 }), /not built for/],
  ['program headers cut short', elf({ segments: [PT_LOAD, PT_LOAD] }).subarray(0, 100), /cut short/],
  ['no program headers', elf({ segments: [] }), /cut short/],
  ['a script', Buffer.from('#!/bin/sh\n'), /not an ELF/],
  ['nothing', Buffer.alloc(0), /not an ELF/],
])('%s', (_, bytes, problem) => {
  const path = join(oddDirectory(), 'program')
  writeFileSync(path, bytes)
  if (problem) expect(staticProblem(path)).toMatch(problem)
  else expect(staticProblem(path)).toBeUndefined()
})

test('what is no file at all', () => {
  const directory = oddDirectory()
  symlinkSync('loop', join(directory, 'loop'))
  expect(staticProblem(directory)).toBe('is a directory')
  expect(staticProblem(join(directory, 'absent'))).toBe('does not exist')
  expect(staticProblem(join(directory, 'loop'))).toBe('cannot be read (ELOOP)')
  expect(staticProblem('/dev/null')).toBe('is not a regular file')
})

test('the real ones: the installed busybox, and the dynamically linked node', () => {
  expect(staticProblem(busyboxPath)).toBeUndefined()
  expect(staticProblem(process.execPath)).toMatch(/dynamically linked/)
})
