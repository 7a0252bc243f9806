/** Machine code for arm64. Source: Arm ARM, chapter C6; the system call convention is in syscall(2) */

import type { Code } from './code.ts'
import type { Condition, Encoder } from './encoder.ts'
import { ProgramError } from './program-error.ts'
import { MAX_ERRNO } from './system-calls.ts'

const NUMBER = 8 // x8 carries the call's number, x0 to x5 its arguments, x0 its result
const SCRATCH = 9

const [MOVZ, MOVK] = [0xd2800000, 0xf2800000]
const [CMP_X0, CMN_X0] = [0xf100001f, 0xb100001f]
const [SVC, STR_X0_AT_X9, LDR_X0_AT_X9, B_IF] = [0xd4000001, 0xf9000120, 0xf9400120, 0x54000000]
const [EQUAL, NOT_EQUAL, CARRY_SET] = [0, 1, 2]

const REACH = 2 ** 20 // bytes that a conditional branch can go

// Sixteen bits at a time, and always all four: a program's length must not depend on its values.
const move = (code: Code, register: number, value: bigint): void => {
  const parts = new Uint16Array(BigInt64Array.of(value).buffer)
  for (const [part, bits] of parts.entries())
    code.int32((part === 0 ? MOVZ : MOVK) | (part << 21) | (bits << 5) | register)
}

// The immediate has 12 bits and no sign: a negative number is compared by adding it.
const compare = (code: Code, value: number): void =>
  code.int32(value < 0 ? CMN_X0 | (-value << 10) : CMP_X0 | (value << 10))

const branchIf = (code: Code, condition: number): number => {
  code.int32(B_IF | condition)
  return code.length - 4
}

const jump = (code: Code, when: Condition): number => {
  if (when === 'failed') {
    // x0 + 4095 goes beyond 64 bits for results from -4095 on.
    compare(code, -MAX_ERRNO)
    return branchIf(code, CARRY_SET)
  }
  const equal = 'is' in when
  compare(code, equal ? when.is : when.isNot)
  return branchIf(code, equal ? EQUAL : NOT_EQUAL)
}

export const arm64: Encoder = {
  architecture: 'arm64',
  systemCall: (code, number, args) => {
    for (const [register, value] of args.entries()) move(code, register, value)
    move(code, NUMBER, BigInt(number))
    code.int32(SVC)
  },
  store: (code, address) => {
    move(code, SCRATCH, address)
    code.int32(STR_X0_AT_X9)
  },
  load: (code, address) => {
    move(code, SCRATCH, address)
    code.int32(LDR_X0_AT_X9)
  },
  jump,
  // A branch counts from itself, in words.
  land: (code, from) => {
    const distance = code.length - from
    if (distance >= REACH)
      throw new ProgramError('this child has too many steps: on arm64 a jump goes 1 MiB at most')
    code.patch(from, code.wordAt(from) | ((distance >> 2) << 5))
  },
}
