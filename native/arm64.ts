/** Machine code for arm64. Source: Arm ARM, chapter C6; the system call convention is in syscall(2) */

import { type Condition, type Encoder, MAX_ERRNO } from './encoder.ts'
import { ProgramError } from './errors.ts'

const NUMBER = 8 // x8 carries the call's number, x0 to x5 its arguments, x0 its result
const SCRATCH = 9

const EQUAL = 0
const NOT_EQUAL = 1
const CARRY_SET = 2

const words = (...instructions: number[]): Uint8Array => new Uint8Array(Uint32Array.from(instructions).buffer)

// movz, then three movk: 16 bits each. Always four, so that a program's length does not depend on its values.
const move = (register: number, value: bigint): number[] =>
  [0, 1, 2, 3].map(part => {
    const bits = Number((BigInt.asUintN(64, value) >> BigInt(16 * part)) & 0xffffn)
    return (part === 0 ? 0xd2800000 : 0xf2800000) + part * 0x200000 + bits * 32 + register
  })

// cmp x0, #value, or cmn x0, #-value: an immediate has 12 bits and no sign.
const compare = (value: number): number => (value < 0 ? 0xb100001f + -value * 1024 : 0xf100001f + value * 1024)

const branch = (distance: number): number => 0x14000000 + ((distance >> 2) & 0x3ffffff)

const branchIf = (condition: number, distance: number): number => {
  if (Math.abs(distance) >= 2 ** 20)
    throw new ProgramError('this child has too many steps: arm64 jumps 1 MiB at most')
  return 0x54000000 + ((distance >> 2) & 0x7ffff) * 32 + condition
}

const jump = (when: Condition, distance: number): number[] => {
  // A branch counts from itself, distance from its end.
  const from = distance + 4
  if (when === 'always') return [branch(from)]
  if (when === 'failed') return [compare(-MAX_ERRNO), branchIf(CARRY_SET, from)]
  if ('is' in when) return [compare(when.is), branchIf(EQUAL, from)]
  return [compare(when.isNot), branchIf(NOT_EQUAL, from)]
}

export const arm64: Encoder = {
  architecture: 'arm64',
  systemCall: (number, args) =>
    words(
      ...args.flatMap((value, index) => move(index, value)),
      ...move(NUMBER, BigInt(number)),
      0xd4000001, // svc #0
    ),
  store: address => words(...move(SCRATCH, address), 0xf9000120), // str x0, [x9]
  load: address => words(...move(SCRATCH, address), 0xf9400120), // ldr x0, [x9]
  jump: (when, distance) => words(...jump(when, distance)),
}
