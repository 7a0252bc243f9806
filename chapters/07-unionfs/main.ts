/** Containers that have a name and a directory, and share the layer of their image: `run`, `exec`, `ps`. */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupOf, createCgroup, sweepCgroups, tellOutOfMemory } from '#chapters/05-cgroup/cgroup.ts'
import { connect, networkNamespace } from '#chapters/06-net/network.ts'
import { Gate } from '#native/gate.ts'
import { argv, clone, exitCode, getopt, ProgramError } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { dieWithParent, exec, mount } from '#native/steps.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import { enterContainer, initAmong } from '#parts/enter.ts'
import { home } from '#parts/home-directory.ts'
import { type Network, networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { mountDevices } from '#parts/rootfs/devices.ts'
import { findLayer } from './image.ts'
import { CONTAINERS, createOverlay, enterOverlay } from './overlay.ts'

const [action, ...args] = argv('<run|exec|ps> [argument...]')
const known = { ...networkOption, ...limitOptions }

const listContainers = (): string[] => {
  const directory = join(home(), CONTAINERS)
  return existsSync(directory) ? readdirSync(directory) : []
}

/** The first process of a container; undefined when it has ended, for then there is none in its group. */
const initOf = (id: string): number | undefined => initAmong(cgroupOf(id)?.processes() ?? [])

const start = async (id: string, command: string[], network: Network, limits: Limits): Promise<number> => {
  const gate = new Gate()

  const child = [
    dieWithParent(),
    gate.wait(), // until it is in its cgroup and connected
    mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
    enterOverlay(`${CONTAINERS}/${id}`),
    mountResolvConf(resolvConf(network)),
    mount('proc', '/proc', 'proc'),
    mountDevices(), // an image has none
    exec(command),
  ]

  sweepCgroups(name => !listContainers().includes(name))

  const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, SIGCHLD } = linux
  const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | networkNamespace(network)
  const pid = clone(child, flags | SIGCHLD)
  const cgroup = createCgroup(id, { pids: 2048, ...limits }) // with one limit at least there is a group
  try {
    cgroup.add(pid)
    await connect(pid, network)
    gate.open()
    const code = await exitCode(pid)
    tellOutOfMemory(cgroup)
    return code
  } finally {
    cgroup.remove()
  }
}

const run = async (): Promise<number> => {
  const { options, operands } = getopt('<image> <command> [argument...]', known, args, 'main.ts run')
  const [image, ...command] = operands
  const [network, limits] = [parseNetwork(options), parseLimits(options)]
  const id = `${image}-${randomBytes(4).toString('hex')}`
  createOverlay(`${CONTAINERS}/${id}`, await findLayer(image))
  console.error(`container ${id}`)
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
  return enterContainer(init, command, { cgroup: cgroupOf(id) })
}

const ps = (): void => {
  getopt('', {}, args, 'main.ts ps')
  for (const id of listContainers()) console.log(`${id}   ${initOf(id) ? 'running' : 'ended'}`)
}

if (action === 'run') process.exitCode = await run()
else if (action === 'exec') process.exitCode = await execIn()
else if (action === 'ps') ps()
else throw new ProgramError(`there is no command ${JSON.stringify(action)}: there are run, exec and ps`)
