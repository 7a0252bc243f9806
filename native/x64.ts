/** Machine code for x86-64. Source: Intel SDM vol. 2; the system call convention is in syscall(2) */

import { type Condition, type Encoder, MAX_ERRNO } from './encoder.ts'

// movabs REGISTER, imm64 for the six argument registers in the kernel's order.
const MOVABS = [
  [0x48, 0xbf], // rdi
  [0x48, 0xbe], // rsi
  [0x48, 0xba], // rdx
  [0x49, 0xba], // r10: syscall itself overwrites rcx, where a C call has its fourth
  [0x49, 0xb8], // r8
  [0x49, 0xb9], // r9
] as const

const int32 = (value: number): number[] => [...new Uint8Array(new Int32Array([value]).buffer)]
const int64 = (value: bigint): number[] => [...new Uint8Array(new BigInt64Array([value]).buffer)]

const compare = (value: number): number[] => [0x48, 0x3d, ...int32(value)] // cmp rax, imm32

const conditionalJump = (when: Condition): number[] => {
  if (when === 'always') return [0xe9] // jmp
  if (when === 'failed') return [...compare(-MAX_ERRNO), 0x0f, 0x83] // jae, unsigned: -4095 and above
  if ('is' in when) return [...compare(when.is), 0x0f, 0x84] // je
  return [...compare(when.isNot), 0x0f, 0x85] // jne
}

export const x64: Encoder = {
  architecture: 'x64',
  systemCall: (number, args) =>
    Uint8Array.from([
      ...args.flatMap((value, index) => [...MOVABS[index]!, ...int64(value)]),
      ...[0x48, 0xb8, ...int64(BigInt(number))], // movabs rax, number
      ...[0x0f, 0x05], // syscall
    ]),
  store: address => Uint8Array.from([0x48, 0xa3, ...int64(address)]), // movabs [address], rax
  load: address => Uint8Array.from([0x48, 0xa1, ...int64(address)]), // movabs rax, [address]
  jump: (when, distance) => Uint8Array.from([...conditionalJump(when), ...int32(distance)]),
}
