/** A tool of the host which the chapters or their experiments use. */
export type Tool = {
  /** one of these programs is enough */
  readonly anyOf: string[]
  readonly why: string
  /** the package that has it, by the program that installs packages */
  readonly packages: Record<Installer, string>
}

export const installers = {
  'apt-get': 'apt-get install',
  dnf: 'dnf install',
  apk: 'apk add',
  pacman: 'pacman -S',
} as const

export type Installer = keyof typeof installers

const everywhere = (name: string) => ({ 'apt-get': name, dnf: name, apk: name, pacman: name })

export const tools: Tool[] = [
  { anyOf: ['tar'], why: 'images are packed and unpacked with GNU tar', packages: everywhere('tar') },
  {
    anyOf: ['mount'],
    why: 'chapter 03 mounts with it, and chapter 04 makes `/` shared and private',
    packages: { ...everywhere('util-linux'), 'apt-get': 'mount', apk: 'mount' },
  },
  { anyOf: ['unshare'], why: 'chapter 04 leaves a namespace with it', packages: everywhere('util-linux') },
  {
    anyOf: ['nsenter'],
    why: "chapter 06 sets up a container's network with it",
    packages: everywhere('util-linux'),
  },
  {
    anyOf: ['ip'],
    why: 'chapter 06 makes bridges, veth pairs and routes with it',
    packages: { ...everywhere('iproute2'), dnf: 'iproute' },
  },
  {
    anyOf: ['iptables', 'nft'],
    why: 'chapter 06 translates addresses (NAT) with it',
    packages: everywhere('iptables'),
  },
  {
    anyOf: ['ps'],
    why: 'only for experiments and tests: who runs beside the container',
    packages: { ...everywhere('procps'), dnf: 'procps-ng', pacman: 'procps-ng' },
  },
  {
    anyOf: ['strace'],
    why: 'only for experiments and tests: which system calls a program makes',
    packages: everywhere('strace'),
  },
  {
    anyOf: ['ldd'],
    why: 'only for experiments: which libraries a program needs',
    packages: { 'apt-get': 'libc-bin', dnf: 'glibc-common', apk: 'musl-utils', pacman: 'glibc' },
  },
  {
    anyOf: ['file'],
    why: 'only for experiments: whether a program is static',
    packages: everywhere('file'),
  },
]
