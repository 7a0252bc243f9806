import { readdirSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRoot } from '../../runner/is-root.ts'
import { requireSuccess, run } from '../../runner/setup/run-tool.ts'
import { SetupError } from '../../runner/setup/setup-error.ts'
import { type Architecture, hostArchitecture } from './architecture.ts'
import { cached } from './cache.ts'
import { secondStage } from './second-stage.ts'

const suite = 'bookworm'
const megabytes = 1600

const packages = [
  ...['systemd-sysv', 'udev', 'kmod', 'iproute2', 'iptables', 'nftables', 'procps', 'util-linux', 'mount'],
  ...['strace', 'file', 'busybox-static', 'libc-bin', 'tar'],
]

// Debian's choice is to be ready for any machine. For this one alone the initrd is made in a moment, also where each
// program has to be emulated.
const initramfs = {
  'etc/initramfs-tools/conf.d/skdocker': 'MODULES=list\nCOMPRESS=gzip\n',
  'usr/share/initramfs-tools/modules.d/skdocker': 'virtio_pci\nvirtio_blk\next4\n',
}

const unit = `[Unit]
Description=the tests of skdocker
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/skdocker-start
LimitNOFILE=1024:524288
ExecStopPost=/bin/systemctl poweroff --force --force

[Install]
WantedBy=multi-user.target
`
const start = readFileSync(join(import.meta.dirname, 'start.sh'), 'utf8')

export type Base = {
  readonly disk: string
  readonly kernel: string
  readonly initrd: string
}

const install = async (root: string): Promise<void> => {
  const units = join(root, 'etc/systemd/system')
  await writeFile(join(units, 'skdocker.service'), unit)
  await writeFile(join(root, 'usr/local/sbin/skdocker-start'), start, { mode: 0o755 })
  await symlink('../skdocker.service', join(units, 'multi-user.target.wants/skdocker.service'))
  await writeFile(join(root, 'etc/hostname'), 'vm\n')
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost vm\n')
  await writeFile(join(root, 'etc/fstab'), '')
  await rm(join(root, 'var/cache/apt/archives'), { recursive: true, force: true })
  await chmod(root, 0o755)
}

const debootstrap = async (architecture: Architecture, root: string, kernel: string): Promise<void> => {
  const foreign = architecture.name !== hostArchitecture
  const options = ['--variant=minbase', `--arch=${architecture.name}`, `--include=${[...packages, kernel].join()}`]
  if (foreign) options.push('--foreign')
  // What it mounts and starts goes with its namespaces, also when it is killed.
  const contained = 'setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child'.split(' ')
  requireSuccess(await run`umask 022; exec ${contained} debootstrap ${options} ${suite} ${root}`)
  if (foreign) await secondStage(architecture, root)
}

/**
 * A Debian with systemd, Debian's kernel for virtual machines and the tools of the chapters.
 * @throws SetupError with debootstrap's complaint when it fails
 */
export const baseOf = async (architecture: Architecture): Promise<Base> => {
  const kernel = `linux-image-cloud-${architecture.name}`
  const recipe = { suite, packages, kernel, initramfs, unit, start, megabytes }
  const directory = await cached(`base-${architecture.name}`, recipe, async made => {
    if (!isRoot()) throw new SetupError('debootstrap needs root: run it once as root, the disk is kept')
    const root = join(made, 'root')
    for (const [path, text] of Object.entries(initramfs)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    await debootstrap(architecture, root, kernel)
    await install(root)
    for (const name of ['vmlinuz', 'initrd.img']) {
      const file = readdirSync(join(root, 'boot')).find(file => file.startsWith(name))
      if (!file) throw new SetupError(`debootstrap made no ${name}`)
      await copyFile(join(root, 'boot', file), join(made, name))
    }
    requireSuccess(await run`mke2fs -q -t ext4 -d ${root} ${join(made, 'disk')} ${megabytes}M`)
    await rm(root, { recursive: true })
  })
  return {
    disk: join(directory, 'disk'),
    kernel: join(directory, 'vmlinuz'),
    initrd: join(directory, 'initrd.img'),
  }
}
