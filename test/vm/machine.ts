import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SetupError } from '../../runner/setup/setup-error.ts'
import type { Architecture } from './architecture.ts'
import type { Base } from './base.ts'

type Machine = {
  readonly architecture: Architecture
  readonly base: Base
  /** the disk with node_modules */
  readonly modules: string
  /** the tar with the project */
  readonly project: string
  /** MiB */
  readonly memory: number
  readonly processors: number
  readonly minutes: number
}

// What a machine that lives for minutes has no use for, and takes time of the emulator's.
const masked = [
  'getty@tty1.service',
  'e2scrub_reap.service',
  'timers.target',
  'systemd-update-utmp-runlevel.service',
]

const disk = (name: string, file: string): string[] => {
  const options = `if=none,id=${name},format=raw,snapshot=on,file=${file.replaceAll(',', ',,')}`
  return ['-drive', options, '-device', `virtio-blk-pci,drive=${name},serial=${name}`]
}

const commandLine = (
  { architecture, base, modules, project, memory, processors }: Machine,
  result: string,
  console: string,
): string[] => {
  const kernel = [
    ...['root=/dev/disk/by-id/virtio-base', 'rw', `console=${architecture.console}`, 'quiet', 'panic=-1'],
    'mitigations=off', // its programs need no protection from one another, and detours cost an emulator most
    ...['systemd.show_status=0', 'systemd.unified_cgroup_hierarchy=1', 'systemd.getty_auto=no'],
    ...masked.map(unit => `systemd.mask=${unit}`),
  ]
  return [
    ...[architecture.qemu, ...architecture.board, '-accel', 'tcg', '-smp', `${processors}`, '-m', `${memory}M`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-nic', 'none'],
    ...['-kernel', base.kernel, '-initrd', base.initrd, '-append', kernel.join(' ')],
    ...disk('base', base.disk),
    ...disk('modules', modules),
    ...disk('project', project),
    ...['-chardev', `file,id=console,path=${console}`, '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci'],
    ...['-chardev', 'stdio,id=output,signal=off', '-device', 'virtserialport,name=output,chardev=output'],
    ...['-chardev', `file,id=result,path=${result}`, '-device', 'virtserialport,name=result,chardev=result'],
    ...['-device', 'virtio-rng-pci'],
  ]
}

/**
 * Boots a machine, shows what its tests print, and waits until it has switched itself off. It has no network, and
 * writes to none of its disks. It ends when this process does, however that comes about.
 *
 * @param workspace a directory for its console and its result
 * @returns the exit code of what was run inside
 * @throws SetupError when the machine has not come to a result
 */
export const runMachine = async (machine: Machine, workspace: string): Promise<number> => {
  const result = join(workspace, 'result')
  const console = join(workspace, 'console')
  const qemu = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'nice', '-n', '10', ...commandLine(machine, result, console)],
    // TMPDIR: what is written to the disks goes to files that have no name any more.
    // Nobody types anything, but qemu would take the end of its input for the end of the output's reader.
    { stdio: ['pipe', 'inherit', 'pipe'], env: { ...process.env, TMPDIR: workspace }, detached: true },
  )
  const complaint = text(qemu.stderr)
  let late = false
  const timer = setTimeout(() => {
    late = true
    qemu.kill('SIGKILL')
  }, machine.minutes * 60_000)
  await once(qemu, 'close')
  clearTimeout(timer)

  const code = existsSync(result) ? readFileSync(result, 'utf8').trim() : ''
  if (code) return Number(code)
  if (late)
    throw new SetupError(`the machine was ended after ${machine.minutes} minutes: --minutes N gives it more`)
  const last = (await complaint).trim() || (existsSync(console) ? readFileSync(console, 'utf8').trim() : '')
  throw new SetupError(`the machine ended without a result: ${last.split('\n').at(-1)}`)
}
