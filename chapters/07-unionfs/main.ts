/** Containers that have a name and a directory, and share the layer of their image: `run`, `exec`, `ps`. */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createCgroup, joinCgroup, removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { connectContainer, networkNamespace } from '#chapters/06-net/network.ts'
import { Gate } from '#native/gate.ts'
import { argv, clone, exitCode, getopt, ProgramError, print, say } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { dieWithParent, exec, mount } from '#native/steps.ts'
import { processesOf, reportOutOfMemory } from '#parts/cgroup/group-processes.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import { findCgroup, sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { enterContainer, initAmong } from '#parts/enter.ts'
import { home } from '#parts/home-directory.ts'
import { type NetworkMode, networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { mountDevices } from '#parts/rootfs/devices.ts'
import { findLayer } from './image.ts'
import { CONTAINERS, createOverlay, enterOverlay } from './overlay.ts'

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const [action, ...args] = argv('<run|exec|ps> [argument...]')
const known = { ...networkOption, ...limitOptions }

const listContainers = (): string[] => {
  const directory = join(home(), CONTAINERS)
  return existsSync(directory) ? readdirSync(directory) : []
}

/** The first process of a container; undefined when it has ended, for then there is none in its group. */
const initOf = (id: string): number | undefined => initAmong(processesOf(findCgroup(id)))

const start = async (id: string, command: string[], network: NetworkMode, limits: Limits): Promise<number> => {
  await sweepCgroups(name => !listContainers().includes(name)) // it removes what killed runs have left
  const cgroup = await createCgroup(id, { pids: 2048, ...limits }) // with one limit at least there is a group
  const gate = new Gate()

  const child = [
    dieWithParent(),
    joinCgroup(cgroup),
    gate.wait(), // until it is connected
    mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
    enterOverlay(`${CONTAINERS}/${id}`),
    mountResolvConf(resolvConf(network)),
    mount('proc', '/proc', 'proc'),
    mountDevices(), // an image has none
    exec(command),
  ]

  const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | networkNamespace(network) | CLONE_NEWIPC
  try {
    const pid = clone(child, flags | linux.SIGCHLD)
    await connectContainer(pid, network)
    gate.open()
    const code = await exitCode(pid)
    reportOutOfMemory(cgroup)
    return code
  } finally {
    await removeCgroup(cgroup)
  }
}

const run = async (): Promise<number> => {
  const { options, operands } = getopt('<image> <command> [argument...]', known, args, 'main.ts run')
  const [image, ...command] = operands
  const [network, limits] = [parseNetwork(options), parseLimits(options)]
  const id = `${image}-${randomBytes(4).toString('hex')}`
  createOverlay(`${CONTAINERS}/${id}`, await findLayer(image))
  say(`container ${id}`)
  return start(id, command, network, limits)
}

const execIn = async (): Promise<number> => {
  const { options, operands } = getopt('<container> <command> [argument...]', known, args, 'main.ts exec')
  const [id, ...command] = operands
  const [network, limits] = [parseNetwork(options), parseLimits(options)]
  if (!listContainers().includes(id))
    throw new ProgramError(`no container ${JSON.stringify(id)}: "main.ts ps" shows those there are`)
  const init = initOf(id)
  if (init === undefined) return start(id, command, network, limits)
  const refused = Object.keys(known).find(name => name in options)
  if (refused) throw new ProgramError(`--${refused}: container ${id} runs already, with what it was started with`)
  return enterContainer(init, command, { join: joinCgroup(findCgroup(id)) })
}

const ps = (): void => {
  getopt('', {}, args, 'main.ts ps')
  for (const id of listContainers()) print(`${id}   ${initOf(id) ? 'running' : 'ended'}`)
}

if (action === 'run') process.exitCode = await run()
else if (action === 'exec') process.exitCode = await execIn()
else if (action === 'ps') ps()
else throw new ProgramError(`there is no command ${JSON.stringify(action)}: there are run, exec and ps`)
