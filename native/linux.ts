/** The kernel's numbers, by the kernel's names. Source: include/uapi/linux/{sched,mount,prctl,fcntl,openat2,memfd,close_range}.h; signal(7); stdin(3) */

export const STDIN_FILENO = 0
export const STDOUT_FILENO = 1
export const STDERR_FILENO = 2

/** The lowest descriptor that is no standard stream. */
export const FIRST_BEYOND_STDERR = 3

/** The highest descriptor there can be, for close_range(2). */
export const LAST_FD = 0xffffffff

export const SIGHUP = 1
export const SIGINT = 2
export const SIGKILL = 9
export const SIGTERM = 15
export const SIGCHLD = 17

export const CLONE_VM = 0x100
export const CLONE_PARENT = 0x8000
export const CLONE_NEWTIME = 0x80
export const CLONE_NEWNS = 0x20000
export const CLONE_NEWCGROUP = 0x2000000
export const CLONE_NEWUTS = 0x4000000
export const CLONE_NEWIPC = 0x8000000
export const CLONE_NEWUSER = 0x10000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000

export const MS_RDONLY = 0x1
export const MS_NOSUID = 0x2
export const MS_NODEV = 0x4
export const MS_NOEXEC = 0x8
export const MS_REMOUNT = 0x20
export const MS_BIND = 0x1000
export const MS_MOVE = 0x2000
export const MS_REC = 0x4000
export const MS_PRIVATE = 0x40000
export const MS_SLAVE = 0x80000
export const MS_SHARED = 0x100000

export const MNT_FORCE = 0x1
export const MNT_DETACH = 0x2
export const UMOUNT_NOFOLLOW = 0x8

export const PR_SET_PDEATHSIG = 1

export const RLIMIT_NOFILE = 7

export const AT_FDCWD = -100
export const OPEN_TREE_CLONE = 1
export const MOVE_MOUNT_F_EMPTY_PATH = 4
export const AT_EMPTY_PATH = 0x1000
export const AT_RECURSIVE = 0x8000
export const MOUNT_ATTR_RDONLY = 0x1
export const MOUNT_ATTR_NOSUID = 0x2
export const MOUNT_ATTR_NODEV = 0x4
export const MOUNT_ATTR_NOEXEC = 0x8
export const O_CLOEXEC = 0x80000
export const O_PATH = 0x200000
export const RESOLVE_NO_MAGICLINKS = 0x2
export const RESOLVE_NO_SYMLINKS = 0x4
export const RESOLVE_IN_ROOT = 0x10
export const F_SETFD = 2
export const F_GETFL = 3
export const F_SETFL = 4
export const F_ADD_SEALS = 1033
export const F_SEAL_SEAL = 0x1
export const F_SEAL_SHRINK = 0x2
export const F_SEAL_GROW = 0x4
export const F_SEAL_WRITE = 0x8
export const MFD_CLOEXEC = 0x1
export const MFD_ALLOW_SEALING = 0x2
export const MFD_EXEC = 0x10
export const CLOSE_RANGE_CLOEXEC = 4

export const TCGETS = 0x5401
export const TCSETS = 0x5402
export const TIOCGPGRP = 0x540f
export const TIOCSPGRP = 0x5410
export const FIONBIO = 0x5421

export const PROT_READ = 1
export const PROT_WRITE = 2
export const PROT_EXEC = 4
export const MAP_SHARED = 0x1
export const MAP_FIXED = 0x10
export const MAP_ANONYMOUS = 0x20

export const SIG_BLOCK = 0
export const SIG_SETMASK = 2

/** Names for the bits of clone(2), unshare(2) and setns(2) flags. */
export const CLONE = {
  CLONE_VM,
  CLONE_PARENT,
  CLONE_NEWTIME,
  CLONE_NEWNS,
  CLONE_NEWCGROUP,
  CLONE_NEWUTS,
  CLONE_NEWIPC,
  CLONE_NEWUSER,
  CLONE_NEWPID,
  CLONE_NEWNET,
}

/** Names for the bits of mount(2) flags. */
export const MS = {
  MS_RDONLY,
  MS_NOSUID,
  MS_NODEV,
  MS_NOEXEC,
  MS_REMOUNT,
  MS_BIND,
  MS_MOVE,
  MS_REC,
  MS_PRIVATE,
  MS_SLAVE,
  MS_SHARED,
}

/** Names for the bits of umount2(2) flags. */
export const UMOUNT = { MNT_FORCE, MNT_DETACH, UMOUNT_NOFOLLOW }

/** Names for the bits of mmap(2) and mprotect(2): what may be done with memory, and how it is mapped. */
export const PROT = { PROT_READ, PROT_WRITE, PROT_EXEC }
export const MAP = { MAP_SHARED, MAP_FIXED, MAP_ANONYMOUS }

/** Names for the requests of ioctl(2) and the operations of fcntl(2) that are used here. */
export const IOCTL: Readonly<Record<number, string>> = {
  [TCGETS]: 'TCGETS',
  [TCSETS]: 'TCSETS',
  [TIOCGPGRP]: 'TIOCGPGRP',
  [TIOCSPGRP]: 'TIOCSPGRP',
  [FIONBIO]: 'FIONBIO',
}
export const FCNTL: Readonly<Record<number, string>> = {
  [F_SETFD]: 'F_SETFD',
  [F_GETFL]: 'F_GETFL',
  [F_SETFL]: 'F_SETFL',
  [F_ADD_SEALS]: 'F_ADD_SEALS',
}
