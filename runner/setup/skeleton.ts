import { ownArchitecture } from '#native/processor.ts'
import { programImage } from '#native/program-image.ts'
import { write } from '#native/steps.ts'

/** What a root filesystem holds besides its busybox. Paths are relative to its root, modes those of chmod(2). */
export type Skeleton = {
  readonly directories: Record<string, number>
  readonly files: Record<string, { mode: number; content: string | Uint8Array }>
  /** character devices of dev/: name, major and minor number: null(4), random(4), tty(4) */
  readonly devices: [string, number, number][]
  readonly hasBusybox: boolean
}

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`

const group = `root:x:0:
daemon:x:1:
tty:x:5:
www-data:x:33:
nobody:x:65534:
`

const hosts = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
`

const greeting = `Hello from a container!
I am the only program in my image, and this is all I can say.
`

/**
 * The root filesystem of the chapters, `busybox/`. Its files are in the repository too, where a reader sees them. Setup
 * has them here because a container may have changed those: images are made of what they were.
 */
export const busyboxSkeleton: Skeleton = {
  directories: {
    '.': 0o755,
    bin: 0o755,
    dev: 0o755,
    etc: 0o755,
    home: 0o755,
    proc: 0o755,
    root: 0o700,
    sys: 0o755,
    tmp: 0o1777,
    usr: 0o755,
    'usr/sbin': 0o755,
    var: 0o755,
    'var/spool': 0o755,
    'var/www': 0o755,
  },
  files: {
    'etc/group': { mode: 0o644, content: group },
    'etc/hosts': { mode: 0o644, content: hosts },
    // Empty: what a container is given is mounted over it.
    'etc/resolv.conf': { mode: 0o644, content: '' },
    'etc/passwd': { mode: 0o644, content: passwd },
  },
  // Without dev/null a shell cannot start a job in the background, and 2>/dev/null makes a file of that name.
  devices: [
    ['full', 1, 7],
    ['null', 1, 3],
    ['random', 1, 8],
    ['tty', 5, 0],
    ['urandom', 1, 9],
    ['zero', 1, 5],
  ],
  hasBusybox: true,
}

/**
 * The smallest image: one program of a few hundred bytes, and the directories a container mounts on.
 * @throws ProgramError on a processor that the program cannot be written for
 */
export const helloSkeleton = (): Skeleton => ({
  directories: { '.': 0o755, dev: 0o755, proc: 0o755, sys: 0o755 },
  files: {
    hello: { mode: 0o755, content: programImage(() => [write(1, greeting)], ownArchitecture(), true).bytes },
  },
  devices: [],
  hasBusybox: false,
})
