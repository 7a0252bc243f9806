/** What differs between processors: the loop that a child runs, and the numbers of the system calls. */

import { ProgramError } from './program-error.ts'

/** The processors for which the loop is written here, by Node's names. */
export type Architecture = 'x64' | 'arm64'

/**
 * The machine code of every child. It goes through the rows of a table, which step-table.ts writes, and makes the system
 * call of each row. It needs no stack, and touches only the table and what the calls themselves read and write. Like a C
 * function it finds its argument, the address of the first row, in a register.
 * Source: Intel SDM vol. 2; Arm ARM, chapter C6; the convention for system calls is in syscall(2)
 */
export const loops: Readonly<Record<Architecture, Uint8Array>> = {
  // biome-ignore format: an instruction a line
  x64: Uint8Array.of(
    0x48, 0x89, 0xfb,                  // mov rbx,rdi           ; the first row
    // row:
    0x48, 0x8b, 0x4b, 0x60,            // mov rcx,[rbx+0x60]    ; is there a result that must be 0?
    0xe3, 0x06,                        // jrcxz call
    0x48, 0x83, 0x39, 0x00,            // cmp [rcx],0x0
    0x75, 0x55,                        // jne next
    // call:
    0x48, 0x8b, 0x03,                  // mov rax,[rbx]         ; its number
    0x48, 0x8b, 0x7b, 0x08,            // mov rdi,[rbx+0x8]     ; its arguments
    0x48, 0x8b, 0x73, 0x10,            // mov rsi,[rbx+0x10]
    0x48, 0x8b, 0x53, 0x18,            // mov rdx,[rbx+0x18]
    0x4c, 0x8b, 0x53, 0x20,            // mov r10,[rbx+0x20]    ; a C call has rcx: syscall overwrites that
    0x4c, 0x8b, 0x43, 0x28,            // mov r8,[rbx+0x28]
    0x4c, 0x8b, 0x4b, 0x30,            // mov r9,[rbx+0x30]
    0x0f, 0x05,                        // syscall
    0x48, 0x8b, 0x4b, 0x68,            // mov rcx,[rbx+0x68]    ; was it clone, and this is the new child?
    0xe3, 0x0a,                        // jrcxz note
    0x48, 0x85, 0xc0,                  // test rax,rax
    0x75, 0x05,                        // jne note
    0x48, 0x89, 0xcb,                  // mov rbx,rcx           ; it has rows of its own
    0xeb, 0xc7,                        // jmp row
    // note:
    0x48, 0x89, 0x43, 0x38,            // mov [rbx+0x38],rax     ; the result
    0x48, 0x3b, 0x43, 0x40,            // cmp rax,[rbx+0x40]    ; a success?
    0x7d, 0x1e,                        // jge next
    0x48, 0x3b, 0x43, 0x48,            // cmp rax,[rbx+0x48]    ; a failure that is tolerated?
    0x74, 0x18,                        // je next
    0x48, 0x3b, 0x43, 0x50,            // cmp rax,[rbx+0x50]
    0x74, 0x12,                        // je next
    0x48, 0x3b, 0x43, 0x58,            // cmp rax,[rbx+0x58]
    0x74, 0x0c,                        // je next
    0xbf, 0x7d, 0x00, 0x00, 0x00,      // mov edi,0x7d          ; 125, PROGRAM_FAILED
    0xb8, 0xe7, 0x00, 0x00, 0x00,      // mov eax,0xe7          ; exit_group
    0x0f, 0x05,                        // syscall
    // next:
    0x48, 0x83, 0xc3, 0x70,            // add rbx,0x70
    0xeb, 0x99,                        // jmp row
  ),
  // biome-ignore format: an instruction a line
  arm64: new Uint8Array(Uint32Array.of(
    0xaa0003f3, // mov x19, x0           ; the first row
    // row:
    0xf9403269, // ldr x9, [x19, #96]    ; is there a result that must be 0?
    0xb4000069, // cbz x9, call
    0xf9400129, // ldr x9, [x9]
    0xb5000329, // cbnz x9, next
    // call:
    0xf9400268, // ldr x8, [x19]         ; its number
    0xa9408660, // ldp x0, x1, [x19, #8] ; its arguments
    0xa9418e62, // ldp x2, x3, [x19, #24]
    0xa9429664, // ldp x4, x5, [x19, #40]
    0xd4000001, // svc #0x0
    0xf9403669, // ldr x9, [x19, #104]   ; was it clone, and this is the new child?
    0xb4000089, // cbz x9, note
    0xb5000060, // cbnz x0, note
    0xaa0903f3, // mov x19, x9           ; it has rows of its own
    0x17fffff3, // b row
    // note:
    0xf9001e60, // str x0, [x19, #56]    ; the result
    0xa9442a69, // ldp x9, x10, [x19, #64]
    0xeb09001f, // cmp x0, x9            ; a success?
    0x5400016a, // b.ge next
    0xeb0a001f, // cmp x0, x10           ; a failure that is tolerated?
    0x54000120, // b.eq next
    0xa9452a69, // ldp x9, x10, [x19, #80]
    0xeb09001f, // cmp x0, x9
    0x540000c0, // b.eq next
    0xeb0a001f, // cmp x0, x10
    0x54000080, // b.eq next
    0xd2800fa0, // mov x0, #0x7d         ; 125, PROGRAM_FAILED
    0xd2800bc8, // mov x8, #0x5e         ; exit_group
    0xd4000001, // svc #0x0
    // next:
    0x9101c273, // add x19, x19, #0x70
    0x17ffffe3, // b row
  ).buffer),
}

const hasLoop = (architecture: string): architecture is Architecture => architecture in loops

/** The processor of this machine. Throws ProgramError when no loop is written for it. */
export const ownArchitecture = (): Architecture => {
  if (hasLoop(process.arch)) return process.arch
  throw new ProgramError(`this processor is ${process.arch}: the child's machine code is written for x64 and arm64`)
}

/**
 * The numbers of the system calls that both processors have. arm64 lacks open, mkdir, dup2 and other old calls, because
 * a younger call such as openat can replace each of them.
 * Source: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux
 */
export const systemCalls = {
  read: { x64: 0, arm64: 63 },
  write: { x64: 1, arm64: 64 },
  close: { x64: 3, arm64: 57 },
  mmap: { x64: 9, arm64: 222 },
  munmap: { x64: 11, arm64: 215 },
  rt_sigaction: { x64: 13, arm64: 134 },
  rt_sigprocmask: { x64: 14, arm64: 135 },
  ioctl: { x64: 16, arm64: 29 },
  pwrite64: { x64: 18, arm64: 68 },
  getpid: { x64: 39, arm64: 172 },
  clone: { x64: 56, arm64: 220 },
  execve: { x64: 59, arm64: 221 },
  wait4: { x64: 61, arm64: 260 },
  fcntl: { x64: 72, arm64: 25 },
  chdir: { x64: 80, arm64: 49 },
  fchdir: { x64: 81, arm64: 50 },
  fchmod: { x64: 91, arm64: 52 },
  umask: { x64: 95, arm64: 166 },
  setuid: { x64: 105, arm64: 146 },
  setgid: { x64: 106, arm64: 144 },
  setpgid: { x64: 109, arm64: 154 },
  getppid: { x64: 110, arm64: 173 },
  setsid: { x64: 112, arm64: 157 },
  setgroups: { x64: 116, arm64: 159 },
  pivot_root: { x64: 155, arm64: 41 },
  prctl: { x64: 157, arm64: 167 },
  chroot: { x64: 161, arm64: 51 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  sethostname: { x64: 170, arm64: 161 },
  clock_gettime: { x64: 228, arm64: 113 },
  exit_group: { x64: 231, arm64: 94 },
  openat: { x64: 257, arm64: 56 },
  mkdirat: { x64: 258, arm64: 34 },
  mknodat: { x64: 259, arm64: 33 },
  unlinkat: { x64: 263, arm64: 35 },
  symlinkat: { x64: 266, arm64: 36 },
  faccessat: { x64: 269, arm64: 48 },
  unshare: { x64: 272, arm64: 97 },
  dup3: { x64: 292, arm64: 24 },
  prlimit64: { x64: 302, arm64: 261 },
  setns: { x64: 308, arm64: 268 },
  execveat: { x64: 322, arm64: 281 },
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  close_range: { x64: 436, arm64: 436 },
  openat2: { x64: 437, arm64: 437 },
  mount_setattr: { x64: 442, arm64: 442 },
} as const satisfies Record<string, Record<Architecture, number>>

export type SystemCall = keyof typeof systemCalls

/** The greatest errno. The kernel's results from -4095 to -1 are failures, all others are values. */
export const MAX_ERRNO = 4095
