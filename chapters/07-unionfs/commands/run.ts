import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError } from '../../../native/index.ts'
import { limitOptions, parseLimits } from '../../05-cgroup/options.ts'
import { networkOption, parseNetwork } from '../../06-net/options.ts'
import { createContainer, type Spec } from '../container.ts'
import { findImage } from '../image.ts'
import { CONFIGURATION } from '../rootfs.ts'
import { runDetached, runForeground } from '../start.ts'

const options = {
  detach: {
    type: 'boolean',
    short: 'd',
    help: 'leave it running and print its id; its output goes to "skdocker logs"',
  },
  rm: { type: 'boolean', help: 'remove the container when it has ended' },
  name: { type: 'string', value: 'NAME', help: 'how to call it, besides its id' },
  hostname: { type: 'string', short: 'h', value: 'NAME', help: 'the name of its host; its id unless told' },
  env: { type: 'string', short: 'e', value: 'K=V', multiple: true, help: 'a variable of its environment' },
  workdir: { type: 'string', short: 'w', value: 'DIR', help: 'where its command begins; / unless told' },
  ...networkOption,
  ...limitOptions,
} as const

const DEFAULT_COMMAND = ['/bin/sh']

const environment = (variables: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    variables.map(variable => {
      const [name = '', ...value] = variable.split('=')
      if (name === '') throw new ProgramError(`--env ${JSON.stringify(variable)}: a variable is written NAME=VALUE`)
      // As Docker: a name alone takes the caller's value along.
      return [name, variable.includes('=') ? value.join('=') : (process.env[name] ?? '')]
    }),
  )

const checkHostname = (name: string | undefined): void => {
  if (name !== undefined && !/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/.test(name))
    throw new ProgramError(`--hostname ${JSON.stringify(name)}: letters, digits, "." and "-", 63 at most`)
}

const checkWorkdir = (workdir: string): void => {
  if (!workdir.startsWith('/') || workdir.split('/').includes('..'))
    throw new ProgramError(`--workdir ${JSON.stringify(workdir)}: it takes an absolute path in the container`)
}

/** The directories of an overlay, and places in the image's etc/ to mount on. */
export const prepareOverlay = (directory: string): void => {
  for (const name of ['upper/etc', 'upper/proc', 'upper/sys', 'upper/dev', 'work', 'merged'])
    mkdirSync(join(directory, name), { recursive: true })
  for (const name of CONFIGURATION) writeFileSync(join(directory, 'upper/etc', name), '')
}

/** skdocker run: a new container of an image. */
export const run = async (args: readonly string[], main: string): Promise<number> => {
  const { options: given, operands } = getopt('<image> [command] [argument...]', options, args, 'skdocker run')
  const [name, ...command] = operands
  checkHostname(given.hostname)
  checkWorkdir(given.workdir ?? '/')
  const image = findImage(name)
  const spec: Spec = {
    ...(given.name !== undefined && { name: given.name }),
    ...(given.hostname !== undefined && { hostname: given.hostname }),
    image: name,
    layers: image.layers,
    command: command.length > 0 ? command : DEFAULT_COMMAND,
    environment: environment(given.env ?? []),
    workdir: given.workdir ?? '/',
    network: parseNetwork(given),
    limits: parseLimits(given),
    autoRemove: given.rm ?? false,
  }
  const container = createContainer(spec, prepareOverlay)
  if (!given.detach) return runForeground(container, spec.command)
  await runDetached(container, main)
  console.log(container.id)
  return 0
}
