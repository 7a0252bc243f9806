/** What a machine of one architecture is made of. */
export type Architecture = {
  /** as Debian calls it */
  readonly name: string
  /** as Node and npm call it: process.arch */
  readonly cpu: 'x64' | 'arm64'
  readonly qemu: string
  /** the board, and a CPU that needs nothing of the host's */
  readonly board: string[]
  readonly console: string
  /** runs programs of this architecture on another: a static qemu, by which binfmt_misc is told of them */
  readonly interpreter: string
  /** the first bytes of its programs, and which bits of them count: elf(5), /usr/share/binfmts of qemu-user-static */
  readonly elf: { magic: string; mask: string }
}

const header = String.raw`\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00`
const anyAbi = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`

export const architectures: Record<string, Architecture> = {
  amd64: {
    name: 'amd64',
    cpu: 'x64',
    qemu: 'qemu-system-x86_64',
    board: ['-M', 'q35', '-cpu', 'max'],
    console: 'ttyS0',
    interpreter: 'qemu-x86_64-static',
    elf: { magic: String.raw`${header}\x3e\x00`, mask: anyAbi },
  },
  arm64: {
    name: 'arm64',
    cpu: 'arm64',
    qemu: 'qemu-system-aarch64',
    // The pointer authentication of `max` is slow in software.
    board: ['-M', 'virt', '-cpu', 'cortex-a72'],
    console: 'ttyAMA0',
    interpreter: 'qemu-aarch64-static',
    elf: { magic: String.raw`${header}\xb7\x00`, mask: anyAbi },
  },
}

/** The architecture of this machine, as Debian calls it. */
export const hostArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
