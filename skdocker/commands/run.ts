import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError } from '#native/index.ts'
import { RUNTIME_FAILED } from '#native/program-error.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { CONFIGURATION } from '#parts/rootfs/enter-rootfs.ts'
import { type Container, load } from '../container.ts'
import { createContainer, removeContainer } from '../create.ts'
import { findImage } from '../image.ts'
import { runDetached, runForeground } from '../start.ts'

const options = {
  detach: {
    type: 'boolean',
    short: 'd',
    help: 'leave it running and print its id; its output goes to "skdocker logs"',
  },
  rm: { type: 'boolean', help: 'remove the container when it has ended' },
  name: { type: 'string', valueName: 'NAME', help: 'how to call it, besides its id' },
  hostname: { type: 'string', short: 'h', valueName: 'NAME', help: 'the name of its host; its id unless told' },
  env: { type: 'string', short: 'e', valueName: 'K=V', multiple: true, help: 'a variable of its environment' },
  workdir: { type: 'string', short: 'w', valueName: 'DIR', help: 'where its command begins; / unless told' },
  ...networkOption,
  ...limitOptions,
} as const

const DEFAULT_COMMAND = ['/bin/sh']

const variable = (text: string): [string, string | undefined] => {
  const [name = '', ...value] = text.split('=')
  if (name === '') throw new ProgramError(`--env ${JSON.stringify(text)}: a variable is written NAME=VALUE`)
  // As Docker: a name alone takes the caller's value along, if there is one.
  return [name, text.includes('=') ? value.join('=') : process.env[name]]
}

const environment = (variables: readonly string[]): Record<string, string> =>
  Object.fromEntries(variables.map(variable).filter((pair): pair is [string, string] => pair[1] !== undefined))

const checkHostname = (name: string | undefined): void => {
  if (name !== undefined && !/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/.test(name))
    throw new ProgramError(`--hostname ${JSON.stringify(name)}: letters, digits, "." and "-", 63 at most`)
}

const checkWorkdir = (workdir: string): void => {
  if (!workdir.startsWith('/') || workdir.split('/').includes('..'))
    throw new ProgramError(`--workdir ${JSON.stringify(workdir)}: it takes an absolute path in the container`)
}

/** The directories of an overlay, and files to mount Docker's on; they hide what the image may have there, such as links. */
const prepareOverlay = (directory: string): void => {
  for (const name of ['upper/etc', 'work', 'merged']) mkdirSync(join(directory, name), { recursive: true })
  for (const name of CONFIGURATION) writeFileSync(join(directory, 'upper/etc', name), '')
}

const start = async (container: Container, isDetached: boolean): Promise<number> => {
  try {
    if (!isDetached) return await runForeground(container, container.command)
    await runDetached(container)
    console.log(container.id)
    return 0
  } catch (error) {
    // What never ran is none. One whose command is not there stays, as Docker's does, and so does what has run.
    const now = load(container.id)
    if (now && (now.init === undefined || now.exitCode === RUNTIME_FAILED)) removeContainer(now)
    throw error
  }
}

/** skdocker run: a new container of an image. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = getopt('<image> [command] [argument...]', options, args, 'skdocker run')
  const [name, ...command] = operands
  checkHostname(given.hostname)
  checkWorkdir(given.workdir ?? '/')
  const wanted = {
    ...(given.name !== undefined && { name: given.name }),
    ...(given.hostname !== undefined && { hostname: given.hostname }),
    command: command.length > 0 ? command : DEFAULT_COMMAND,
    environment: environment(given.env ?? []),
    workdir: given.workdir ?? '/',
    network: parseNetwork(given),
    limits: parseLimits(given),
    autoRemove: given.rm ?? false,
  }
  const image = await findImage(name)
  const container = await createContainer({ ...wanted, image: name, layers: image.layers }, prepareOverlay)
  return start(container, given.detach ?? false)
}
