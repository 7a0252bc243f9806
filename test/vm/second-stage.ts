import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { programs } from '../../runner/setup/run-tool.ts'
import { SetupError } from '../../runner/setup/setup-error.ts'
import type { Architecture } from './architecture.ts'

// Since Linux 6.7 each user namespace has its own list of interpreters: the host's is not touched. F opens the
// interpreter now, since it is not to be found after chroot(8).
const script = `
set -e
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf %s "$1" >/proc/sys/fs/binfmt_misc/register
# As in lxc, mknod(2) is not to be had here; the first stage has made the devices.
exec env container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$2" /debootstrap/debootstrap --second-stage
`

/**
 * Lets the packages of a foreign debootstrap be installed by their own programs, which qemu runs.
 *
 * @param root made by `debootstrap --foreign`
 * @throws SetupError with what went wrong
 */
export const secondStage = async (architecture: Architecture, root: string): Promise<void> => {
  const { magic, mask } = architecture.elf
  const rule = `:skdocker-${architecture.name}:M::${magic}:${mask}:${programs(architecture.interpreter)[0]}:F`
  const inside = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    script,
    'sh',
    rule,
    root,
  ]
  // A user namespace has no user until its maps are written, from outside.
  const waiting = ['--user', 'sh', '-c', 'echo ready; read -r mapped && exec "$@"', 'sh', ...inside]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...waiting], { stdio: 'pipe' })
  const complaint = text(child.stderr)
  const ended = once(child, 'close')

  await Promise.race([once(child.stdout, 'data'), ended])
  if (child.exitCode === null) {
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${child.pid}/${map}`, '0 0 4294967295')
    child.stdin.end('mapped\n')
  }
  const output = text(child.stdout)
  const [code] = await ended
  if (code === 0) return
  const last = `${await output}${await complaint}`.trim().split('\n').at(-1)
  throw new SetupError(
    `the second stage of debootstrap for ${architecture.name} failed: ${last}; it needs Linux 6.7`,
  )
}
