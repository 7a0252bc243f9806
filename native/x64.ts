/** Machine code for x86-64. Source: Intel SDM vol. 2; the system call convention is in syscall(2) */

import type { Code } from './code.ts'
import type { Condition, Encoder } from './encoder.ts'
import { MAX_ERRNO } from './system-calls.ts'

// REX prefix and opcode of movabs REGISTER, imm64 for the six argument registers in the kernel's order.
const ARGUMENTS = [
  [0x48, 0xbf], // rdi
  [0x48, 0xbe], // rsi
  [0x48, 0xba], // rdx
  [0x49, 0xba], // r10: syscall itself overwrites rcx, where a C call has its fourth
  [0x49, 0xb8], // r8
  [0x49, 0xb9], // r9
] as const

const [MOV_RAX, MOV_TO_MEMORY, MOV_FROM_MEMORY] = [0xb8, 0xa3, 0xa1]
const [JE, JNE, JAE] = [0x84, 0x85, 0x83]

const movabs = (code: Code, prefix: number, opcode: number, value: bigint): void => {
  code.byte(prefix)
  code.byte(opcode)
  code.int64(value)
}

const compareWithRax = (code: Code, value: number): void => {
  code.byte(0x48) // cmp rax, imm32
  code.byte(0x3d)
  code.int32(value)
}

const jumpIf = (code: Code, condition: number): number => {
  code.byte(0x0f)
  code.byte(condition)
  code.int32(0)
  return code.length
}

const jump = (code: Code, when: Condition): number => {
  if (when === 'failed') {
    // Compared as numbers without a sign, -4095 and all above it up to -1 are the greatest.
    compareWithRax(code, -MAX_ERRNO)
    return jumpIf(code, JAE)
  }
  const equal = 'is' in when
  compareWithRax(code, equal ? when.is : when.isNot)
  return jumpIf(code, equal ? JE : JNE)
}

export const x64: Encoder = {
  architecture: 'x64',
  systemCall: (code, number, args) => {
    for (const [index, value] of args.entries()) movabs(code, ARGUMENTS[index]![0], ARGUMENTS[index]![1], value)
    movabs(code, 0x48, MOV_RAX, BigInt(number))
    code.byte(0x0f) // syscall
    code.byte(0x05)
  },
  store: (code, address) => movabs(code, 0x48, MOV_TO_MEMORY, address),
  load: (code, address) => movabs(code, 0x48, MOV_FROM_MEMORY, address),
  jump,
  // The distance stands at the end of the jump and counts from there.
  land: (code, from) => code.patch(from - 4, code.length - from),
}
