/**
 * The numbers by which each kernel knows its calls.
 * Source: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux
 */

/** The processors whose machine code is written here, by Node's names. */
export type Architecture = 'x64' | 'arm64'

/** Only calls that both have: arm64 came late and left out open, mkdir, dup2 and others that have a younger twin. */
export const systemCalls = {
  read: { x64: 0, arm64: 63 },
  write: { x64: 1, arm64: 64 },
  close: { x64: 3, arm64: 57 },
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
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  close_range: { x64: 436, arm64: 436 },
} as const satisfies Record<string, Record<Architecture, number>>

export type SystemCall = keyof typeof systemCalls

/** The greatest errno. The kernel's results from -4095 to -1 are failures, all others are values. */
export const MAX_ERRNO = 4095
