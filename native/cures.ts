/** For the failures a reader is likely to meet: the likely cause and the cure. */

const ROOT = 'this takes root: run it again with sudo'
const NO_DIRECTORY = 'there is no such directory here: check the path, or make busybox/ with "npm run setup"'

const anyCall: Readonly<Record<string, string>> = {
  EPERM: ROOT,
  ENOMEM: 'the kernel has no memory left for it: end some programs',
  EMFILE: 'too many files are open: raise "ulimit -n"',
  ENFILE: 'the whole machine has too many files open (fs.file-max)',
  ENAMETOOLONG: 'a path may have 4095 bytes and a part of it 255: use a shorter one',
  ENOSYS: 'this kernel does not have the call: Linux 5.11 or newer is needed',
}

const oneCall: Readonly<Record<string, string>> = {
  'chroot ENOENT': NO_DIRECTORY,
  'chroot ENOTDIR': 'a root filesystem is a directory: unpack an image into one first',
  'chroot EACCES': 'a directory on the way may not be entered: look at "namei -l" of the path',
  'chdir ENOENT': NO_DIRECTORY,
  'chdir ENOTDIR': 'this is not a directory',
  'clone EAGAIN': 'too many processes: look at "ulimit -u" and at pids.max of the cgroup',
  'clone EINVAL': 'this kernel was built without one of these namespaces: see /proc/self/ns',
  'clone ENOSPC': 'too many namespaces are open or nested: see /proc/sys/user/max_*_namespaces',
  'clone EUSERS': 'too many namespaces are nested: see /proc/sys/user/max_*_namespaces',
  'unshare EINVAL': 'this kernel was built without one of these namespaces: see /proc/self/ns',
  'unshare ENOSPC': 'too many namespaces are open or nested: see /proc/sys/user/max_*_namespaces',
  'close_range EINVAL':
    'this kernel cannot mark descriptors close-on-exec in one go: Linux 5.11 or newer is needed',
  'mount ENOENT': 'the mount point must exist in the root filesystem: make the directory first',
  'mount ENOTDIR': 'the mount point must be a directory',
  'mount ENODEV': 'this kernel does not know the filesystem: try "modprobe" with its name, see /proc/filesystems',
  'mount EBUSY': 'it is mounted there already, or in use',
  'mount EINVAL': 'the kernel does not take these options: "dmesg | tail" often says which',
  'umount2 EINVAL': 'nothing is mounted there',
  'umount2 EBUSY': 'it is in use: end what works in it, or detach it with MNT_DETACH',
  'pivot_root EINVAL': 'both must be mount points, below a mount that is not shared',
  'setns EINVAL': 'the namespace is not of this kind, or this process may not change its own',
  'sethostname EINVAL': 'a host name has at most 64 bytes',
  'kill ESRCH': 'there is no such process any more',
  'waitpid ECHILD': 'this is not a child of this process, or it was waited for already',
  'prlimit64 EPERM': 'the hard limit may be lowered but only root may raise it',
}

/**
 * The likely cause of a failure and what to do about it.
 * @param call the system call, such as `mount`
 * @param code the errno's name, such as `ENODEV`
 */
export const cure = (call: string, code: string): string | undefined => oneCall[`${call} ${code}`] ?? anyCall[code]
