/** Starting a container, and what is to be done when it has ended. */

import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { detach } from '../../native/detach.ts'
import { Gate } from '../../native/gate.ts'
import { clone, exitCode, ProgramError } from '../../native/index.ts'
import * as linux from '../../native/linux.ts'
import { dieWithParent, dup2, exec, type Step, sethostname } from '../../native/steps.ts'
import { exitStatus } from '../../native/wait.ts'
import { cgroupOf, createCgroup, tellOutOfMemory } from '../05-cgroup/cgroup.ts'
import { findHierarchy } from '../05-cgroup/hierarchy.ts'
import { connect, networkNamespace, releaseNetwork, resolvConf } from '../06-net/network.ts'
import { lifeOf } from './alive.ts'
import { type Container, fileIn, removeContainer, update } from './container.ts'
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

const init = (container: Container, command: readonly string[], gate: Gate): Step[] => [
  ...gate.wait(),
  ...enterRoot(container),
  sethostname(container.hostname),
  ...exec(command, environmentOf(container)),
]

/** What a command finds in its environment; nothing of the caller's but the kind of its terminal. */
export const environmentOf = ({ hostname, environment }: Container): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOSTNAME: hostname,
  HOME: '/root',
  ...(process.stdin.isTTY ? { TERM: process.env.TERM ?? 'xterm' } : {}),
  ...environment,
})

/** From the birth of init to its command: it waits at the gate while it is given a cgroup and a network. */
const setUp = async (container: Container, pid: number, gate: Gate): Promise<void> => {
  createCgroup(container.id, limitsOf(container)).add(pid)
  const { address, device } = await connect(pid, container.network, { makeBridge: true })
  update(container, { init: lifeOf(pid), address, device, exitCode: undefined, finished: undefined })
  gate.open()
}

/**
 * Puts away what a container had while it ran, and writes down how it ended.
 * @param code its exit code; undefined where nobody knows
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const finish = async (container: Container, code: number | undefined): Promise<void> => {
  const { id, network, autoRemove } = container
  cgroupOf(id)?.remove()
  const { device } = update(container, { exitCode: code, finished: new Date().toISOString() })
  if (network === 'bridge') await releaseNetwork(device)
  if (autoRemove) removeContainer(container)
}

/**
 * Runs a container to its end.
 * @returns the exit code of its command
 * @throws ProgramError when it could not be started
 */
export const runForeground = async (container: Container, command: readonly string[]): Promise<number> => {
  configure(container)
  const claimed = update(container, { runtime: lifeOf(process.pid) })
  let code: number | undefined
  try {
    const gate = new Gate()
    const pid = clone([dieWithParent(), ...init(claimed, command, gate)], namespaces(claimed) | SIGCHLD)
    await setUp(claimed, pid, gate)
    code = await exitCode(pid)
    const cgroup = cgroupOf(claimed.id)
    if (cgroup) tellOutOfMemory(cgroup)
    return code
  } catch (error) {
    if (error instanceof ProgramError) code = error.exitCode
    throw error
  } finally {
    await finish(claimed, code)
  }
}

const APPEND = constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND

const onlyOutput = (log: number, none: number): Step[] => [dup2(none, 0), dup2(log, 1), dup2(log, 2)]

/**
 * Starts a container that outlives this program. Its shim calls `skdocker reap` in the end.
 * @throws ProgramError when it could not be started
 */
export const runDetached = async (container: Container, main: string): Promise<void> => {
  configure(container)
  const status = openSync(fileIn(container.id, 'status'), constants.O_CREAT | constants.O_TRUNC | constants.O_RDWR)
  const log = openSync(fileIn(container.id, 'log'), APPEND)
  const none = openSync('/dev/null', 'r')
  const reap = exec([process.execPath, ...process.execArgv, main, 'reap', container.id])
  const claimed = update(container, { runtime: lifeOf(process.pid) })
  try {
    const gate = new Gate()
    const program = [...onlyOutput(log, none), ...init(claimed, container.command, gate)]
    const detached = await detach(program, namespaces(claimed), status, reap)
    await setUp(claimed, detached.pid, gate)
    await detached.started()
  } catch (error) {
    await finish({ ...claimed, autoRemove: true }, undefined)
    throw error
  } finally {
    for (const fd of [status, log, none]) closeSync(fd)
  }
}

/** What the shim of a detached container does with its last breath, or another for it. */
export const reap = async (container: Container): Promise<void> => {
  const bytes = existsSync(fileIn(container.id, 'status'))
    ? readFileSync(fileIn(container.id, 'status'))
    : Buffer.of()
  await finish(container, bytes.length === 4 ? exitStatus(bytes.readInt32LE()) : undefined)
}
