/** Starting a container. */

import { closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs'
import { constants as os } from 'node:os'
import { isatty } from 'node:tty'
import { createCgroup, joinCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { connectContainer, networkNamespace } from '#chapters/06-net/network.ts'
import { detach } from '#native/detach.ts'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, ProgramError, terminationSignal, uninterrupted } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { lifeOf } from '#native/process-state.ts'
import { dieWithParent, dup2, exec, type Step, sethostname } from '#native/steps.ts'
import { reportOutOfMemory } from '#parts/cgroup/group-processes.ts'
import { findHierarchy } from '#parts/cgroup/hierarchy.ts'
import { findOrMakeBridge } from '#parts/network/bridge.ts'
import { resolvConf } from '#parts/network/resolv-conf.ts'
import { type Container, claim, fileIn, update } from './container.ts'
import { finish, STATUS } from './finish.ts'
import { enterRoot } from './rootfs.ts'

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, SIGCHLD } = linux

const namespaces = ({ network }: Container): number =>
  CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | networkNamespace(network)

// So many that nobody misses one, and a fork bomb still leaves the host its own. As podman.
const PIDS = 2048

/** Every container has a group, so that what joins it has one to join. */
const limitsOf = ({ limits }: Container) => (findHierarchy('pids') ? { pids: PIDS, ...limits } : limits)

const configure = (container: Container): void => {
  const { id, hostname, network } = container
  writeFileSync(fileIn(id, 'hostname'), `${hostname}\n`)
  writeFileSync(fileIn(id, 'hosts'), `127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t${hostname}\n`)
  writeFileSync(fileIn(id, 'resolv.conf'), resolvConf(network))
}

const init = (container: Container, command: readonly string[], gate: Gate, attached: boolean): Step[] => [
  ...gate.wait(),
  ...enterRoot(container, attached),
  sethostname(container.hostname),
  ...exec(command, environmentOf(container, attached && isatty(0))),
]

/** What a command finds in its environment; nothing of the caller's but the kind of its terminal, where it has one. */
export const environmentOf = (
  { hostname, environment }: Container,
  terminal = isatty(0),
): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOSTNAME: hostname,
  HOME: '/root',
  ...(terminal ? { TERM: process.env.TERM ?? 'xterm' } : {}),
  ...environment,
})

// To the first process of a pid namespace a signal means nothing until it has a handler for it.
const refuseIfToldToEnd = async (): Promise<void> => {
  const signal = await terminationSignal()
  if (!signal) return
  throw new ProgramError(`${signal} came before the container's command began`, 128 + os.signals[signal])
}

/** From the birth of init to its command: it enters its cgroup, and waits at the gate until it is given a network. */
const setUp = async (container: Container, pid: number, gate: Gate): Promise<void> => {
  const { address, device } = await connectContainer(pid, container.network, findOrMakeBridge)
  await refuseIfToldToEnd()
  update(container, () => ({ init: lifeOf(pid), address, device }))
  gate.open()
}

const foreground = async (container: Container, command: readonly string[]): Promise<number> => {
  const claimed = claim(container)
  let code: number | undefined
  try {
    configure(claimed)
    rmSync(fileIn(claimed.id, STATUS), { force: true })
    const gate = new Gate()
    const cgroup = createCgroup(claimed.id, limitsOf(claimed))
    const program = [dieWithParent(), ...joinCgroup(cgroup), ...init(claimed, command, gate, true)]
    const pid = clone(program, namespaces(claimed) | SIGCHLD)
    await setUp(claimed, pid, gate)
    code = await exitCode(pid)
    reportOutOfMemory(cgroup)
    return code
  } catch (error) {
    if (error instanceof ProgramError) code = error.exitCode
    throw error
  } finally {
    await finish(claimed, code)
  }
}

/**
 * Runs a container to its end.
 * @returns the exit code of its command
 * @throws ProgramError when it could not be started
 */
export const runForeground = (container: Container, command: readonly string[]): Promise<number> =>
  uninterrupted(() => foreground(container, command))

const APPEND = constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND
const ANEW = constants.O_CREAT | constants.O_TRUNC | constants.O_RDWR

const onlyOutput = (log: number, none: number): Step[] => [dup2(none, 0), dup2(log, 1), dup2(log, 2)]

const background = async (container: Container): Promise<void> => {
  const claimed = claim(container)
  const files: number[] = []
  const opened = (path: string, how: number): number => {
    const fd = openSync(path, how)
    files.push(fd)
    return fd
  }
  try {
    configure(claimed)
    const status = opened(fileIn(claimed.id, STATUS), ANEW)
    const output = onlyOutput(opened(fileIn(claimed.id, 'log'), APPEND), opened('/dev/null', constants.O_RDONLY))
    const gate = new Gate()
    const reap = exec([process.execPath, ...process.execArgv, process.argv[1]!, 'reap', claimed.id])
    const cgroup = createCgroup(claimed.id, limitsOf(claimed))
    const program = [...output, ...joinCgroup(cgroup), ...init(claimed, claimed.command, gate, false)]
    const detached = await detach(program, namespaces(claimed), status, reap)
    await setUp(claimed, detached.pid, gate)
    await detached.waitForExec()
  } catch (error) {
    await finish(claimed, error instanceof ProgramError ? error.exitCode : undefined)
    throw error
  } finally {
    for (const fd of files) closeSync(fd)
  }
}

/**
 * Starts a container that outlives this program. Its shim calls `skdocker reap` in the end.
 * @throws ProgramError when it could not be started
 */
export const runDetached = (container: Container): Promise<void> => uninterrupted(() => background(container))
