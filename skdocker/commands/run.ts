import { getopt, ProgramError, print } from '#native/index.ts'
import { PROGRAM_FAILED } from '#native/program-error.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { type Container, loadContainer } from '../container-state.ts'
import { checkContainerName, createContainer, removeContainer } from '../create-container.ts'
import { lookUpHostFacts } from '../host-facts.ts'
import { findImage, type Image, unpackIfNeeded } from '../image-store.ts'
import { makeOverlayDirectories } from '../make-overlay.ts'
import type { Request } from '../plan.ts'
import { runForeground, startDetached } from '../start-container.ts'
import { terminalOptions } from '../terminal-options.ts'

const options = {
  detach: {
    type: 'boolean',
    short: 'd',
    help: 'leave it running and print its id; its output goes to "skdocker logs"',
  },
  ...terminalOptions,
  rm: { type: 'boolean', help: 'remove the container when it has ended' },
  explain: { type: 'boolean', help: 'run nothing, and show each call with the chapter that explains it' },
  name: { type: 'string', valueName: 'NAME', help: 'how to call it, besides its id' },
  hostname: { type: 'string', short: 'h', valueName: 'NAME', help: 'the name of its host; its id by default' },
  env: { type: 'string', short: 'e', valueName: 'K=V', multiple: true, help: 'a variable of its environment' },
  workdir: { type: 'string', short: 'w', valueName: 'DIR', help: 'where its command begins; / by default' },
  ...networkOption,
  ...limitOptions,
} as const

const variable = (text: string): [string, string | undefined] => {
  const [name = '', ...value] = text.split('=')
  if (name === '') throw new ProgramError(`--env ${JSON.stringify(text)}: a variable is written NAME=VALUE`)
  // As in Docker, a name alone takes the caller's value along, if there is one.
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

const start = async (container: Container, isDetached: boolean): Promise<number> => {
  try {
    if (!isDetached) return await runForeground(container, container.command)
    await startDetached(container)
    print(container.id)
    return 0
  } catch (error) {
    // A container that never ran is removed. One whose command was not found stays, as Docker's does.
    const now = loadContainer(container.id)
    if (now && (now.init === undefined || now.exitCode === PROGRAM_FAILED)) await removeContainer(now)
    throw error
  }
}

type Options = ReturnType<typeof parse>['options']

const NOTE = "Without a command the container runs its image's: cmd in images/NAME.json, or else /bin/sh."

const parse = (args: readonly string[]) =>
  getopt('<image> [command] [argument...]', options, args, 'skdocker run', NOTE)

/** The plan that a command line asks for. Throws ProgramError for what cannot be asked for. */
const requestOf = (given: Options, { name: image, layers, cmd }: Image, command: readonly string[]): Request => {
  checkHostname(given.hostname)
  checkWorkdir(given.workdir ?? '/')
  return {
    image,
    layers,
    ...(given.name !== undefined && { name: given.name }),
    ...(given.hostname !== undefined && { hostname: given.hostname }),
    command: command.length > 0 ? command : cmd,
    environment: environment(given.env ?? []),
    workdir: given.workdir ?? '/',
    network: parseNetwork(given),
    limits: parseLimits(given),
    autoRemove: given.rm ?? false,
    detached: given.detach ?? false,
  }
}

/** Shows what would be done. The module for that is loaded here, because no other run needs it. */
const explain = async (request: Request): Promise<number> => {
  const { explainActs, planWithPlaceholders, showLines } = await import('../explain-acts.ts')
  if (request.name !== undefined) checkContainerName(request.name)
  const plan = planWithPlaceholders(request)
  print(showLines(explainActs(plan, lookUpHostFacts(plan))))
  return 0
}

/** skdocker run: makes a new container of an image, and starts it. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { options: given, operands } = parse(args)
  const [name, ...command] = operands
  const image = findImage(name)
  const request = requestOf(given, image, command)
  if (given.explain) return explain(request)
  await unpackIfNeeded(image)
  const container = await createContainer(request, paths => makeOverlayDirectories(paths, image.layers))
  return start(container, request.detached)
}
