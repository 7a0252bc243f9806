import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { arm64 } from '../../native/arm64.ts'
import { Code } from '../../native/code.ts'
import type { Encoder } from '../../native/encoder.ts'
import { x64 } from '../../native/x64.ts'
import { needs, temporaryDirectory } from '../harness/index.ts'

/** What objdump(1) reads in the code, one instruction an element. */
const disassemble = async (objdump: string, options: string[], write: (code: Code) => void): Promise<string[]> => {
  const code = new Code()
  write(code)
  const file = join(await temporaryDirectory(), 'code')
  writeFileSync(file, code.bytes())
  const listing = execFileSync(objdump, ['-D', '-z', '-b', 'binary', ...options, file], { encoding: 'utf8' })
  const columns = listing.split('\n').map(line => line.split('\t'))
  const instructions = columns.filter(({ length }) => length > 2).map(column => column.slice(2).join(' '))
  return instructions.map(text =>
    text
      .replace(/\/\/.*/, '')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

const ARGUMENTS = [0n, 1n, -100n, 0x123456789abcdef0n, 0xffffffffn, -1n]
const ADDRESS = 0x7f0123456780n

const systemCall = (encoder: Encoder) => (code: Code) => encoder.systemCall(code, 165, ARGUMENTS)

const memory = (encoder: Encoder) => (code: Code) => {
  encoder.store(code, ADDRESS)
  encoder.load(code, ADDRESS)
}

// All of them go to the end, which is one system call further on.
const jumps = (encoder: Encoder) => (code: Code) => {
  const holes = (['failed', { is: -2 }, { is: 7 }, { isNot: 1 }, { isNot: 0 }] as const).map(when =>
    encoder.jump(code, when),
  )
  encoder.systemCall(code, 60, [])
  for (const hole of holes) encoder.land(code, hole)
}

describe('x86-64', () => {
  const objdump = 'x86_64-linux-gnu-objdump'
  const read = (write: (code: Code) => void) => disassemble(objdump, ['-m', 'i386:x86-64', '-M', 'intel'], write)

  test(
    'a system call has its arguments in rdi, rsi, rdx, r10, r8, r9 and its number in rax',
    needs(objdump),
    async () => {
      expect(await read(systemCall(x64))).toEqual([
        'movabs rdi,0x0',
        'movabs rsi,0x1',
        'movabs rdx,0xffffffffffffff9c',
        'movabs r10,0x123456789abcdef0',
        'movabs r8,0xffffffff',
        'movabs r9,0xffffffffffffffff',
        'movabs rax,0xa5',
        'syscall',
      ])
    },
  )

  test('results go to memory and come from there', needs(objdump), async () => {
    expect(await read(memory(x64))).toEqual(['movabs ds:0x7f0123456780,rax', 'movabs rax,ds:0x7f0123456780'])
  })

  test('jumps compare the result and land behind what comes next', needs(objdump), async () => {
    expect(await read(jumps(x64))).toEqual([
      'cmp rax,0xfffffffffffff001',
      'jae 0x48',
      'cmp rax,0xfffffffffffffffe',
      'je 0x48',
      'cmp rax,0x7',
      'je 0x48',
      'cmp rax,0x1',
      'jne 0x48',
      'cmp rax,0x0',
      'jne 0x48',
      'movabs rax,0x3c',
      'syscall',
    ])
  })
})

describe('arm64', () => {
  const objdump = 'aarch64-linux-gnu-objdump'
  const read = (write: (code: Code) => void) => disassemble(objdump, ['-m', 'aarch64', '-M', 'no-aliases'], write)

  const move = (register: string, ...parts: string[]): string[] =>
    parts.map((part, index) =>
      index === 0 ? `movz ${register}, #${part}` : `movk ${register}, #${part}, lsl #${16 * index}`,
    )

  test('a system call has its arguments in x0 to x5 and its number in x8', needs(objdump), async () => {
    expect(await read(systemCall(arm64))).toEqual([
      ...move('x0', '0x0', '0x0', '0x0', '0x0'),
      ...move('x1', '0x1', '0x0', '0x0', '0x0'),
      ...move('x2', '0xff9c', '0xffff', '0xffff', '0xffff'),
      ...move('x3', '0xdef0', '0x9abc', '0x5678', '0x1234'),
      ...move('x4', '0xffff', '0xffff', '0x0', '0x0'),
      ...move('x5', '0xffff', '0xffff', '0xffff', '0xffff'),
      ...move('x8', '0xa5', '0x0', '0x0', '0x0'),
      'svc #0x0',
    ])
  })

  test('results go to memory and come from there', needs(objdump), async () => {
    const address = move('x9', '0x6780', '0x2345', '0x7f01', '0x0')
    expect(await read(memory(arm64))).toEqual([...address, 'str x0, [x9]', ...address, 'ldr x0, [x9]'])
  })

  test('jumps compare the result and land behind what comes next', needs(objdump), async () => {
    expect(await read(jumps(arm64))).toEqual([
      'adds xzr, x0, #0xfff',
      'b.cs 0x3c',
      'adds xzr, x0, #0x2',
      'b.eq 0x3c',
      'subs xzr, x0, #0x7',
      'b.eq 0x3c',
      'subs xzr, x0, #0x1',
      'b.ne 0x3c',
      'subs xzr, x0, #0x0',
      'b.ne 0x3c',
      ...move('x8', '0x3c', '0x0', '0x0', '0x0'),
      'svc #0x0',
    ])
  })

  test('a jump that is too far is refused', () => {
    const code = new Code()
    const hole = arm64.jump(code, 'failed')
    for (let words = 0; words < 2 ** 18; words++) code.int32(0)
    expect(() => arm64.land(code, hole)).toThrow(/too many steps/)
  })
})
