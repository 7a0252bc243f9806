/** What the terminal and the picture both say of a container: in short, and in the kernel's words. */

import { basename } from 'node:path'
import { LIMITS, type Limit } from '#parts/cgroup/limits.ts'
import type { Container, Facts } from './facts.ts'
import type { NamespaceKind, ProcessTree } from './find-containers.ts'
import type { Device, Network } from './network-facts.ts'

/** A text of somebody else's that must not speak to the terminal, and stays in its line. */
export const harmless = (text: string): string => text.replace(/\p{C}/gu, '?')

// tsx gives Node options of its own, behind which the program would not be seen.
const OPTION_OF_NODE = /^(--(require|import|loader)|-r)$/

/** A command line without what only the machine cares about: where the program is, and Node's own options. */
export const shortCommand = (command: string): string => {
  const [program = '', ...words] = harmless(command).split(' ')
  const name = program.startsWith('/') ? basename(program) : program
  if (name !== 'node') return [name, ...words].join(' ')
  while (words[0]?.startsWith('-')) words.splice(0, OPTION_OF_NODE.test(words[0]) ? 2 : 1)
  return [name, ...words].join(' ')
}

/** The pid of a process on the host and, where it has another there, in its own pid namespace. */
export const showPids = ({ pid, inside }: ProcessTree): string =>
  inside.length === 0 ? String(pid) : `${pid} → ${inside.at(-1)}`

/** The kinds of namespaces that it shares with what is around it. */
export const sharedKinds = ({ namespaces, own }: Container): NamespaceKind[] =>
  (Object.keys(namespaces) as NamespaceKind[]).filter(kind => !own.includes(kind))

/** Whether its processes live among other files or other processes; else nobody would take it for a machine. */
export const isContainer = ({ own }: Container): boolean => own.includes('mnt') || own.includes('pid')

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

const showBytes = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${UNITS[power]}`
}

const SHOW: Readonly<Record<Limit, (value: number) => string>> = {
  cpus: value => `${Math.round(value * 100)} %`,
  memory: showBytes,
  pids: String,
}

/** One kind of what a cgroup may use. */
export type Meter = {
  readonly name: string
  readonly used: string
  /** missing where there is no limit */
  readonly limit?: string
  /** how much of the limit is used, 0 to 1 */
  readonly share?: number
}

const NAMES: Readonly<Record<Limit, string>> = { cpus: 'cpu', memory: 'memory', pids: 'pids' }

/** What the cgroup of a container uses, beside its limits; nothing where it has none of its own. */
export const metersOf = ({ cgroup: { limits, use } }: Container): Meter[] =>
  LIMITS.flatMap(limit => {
    const [used, ceiling] = [use[limit], limits[limit]]
    if (used === undefined) return []
    const named = { name: NAMES[limit], used: SHOW[limit](used) }
    if (ceiling === undefined) return [named]
    return [{ ...named, limit: SHOW[limit](ceiling), share: Math.min(1, used / Math.max(ceiling, Number.EPSILON)) }]
  })

/** The network that a container has of its own; undefined where it shares one, or it cannot be looked at. */
export const networkOf = (container: Container, { networks }: Facts): Network | undefined =>
  container.own.includes('net')
    ? networks.find(({ namespace }) => namespace === container.namespaces.net)
    : undefined

/** A cable from a device to where it leads: the device, its other end, and the bridge that this is plugged into. */
export type Cable = {
  readonly device: Device
  readonly network: Network
  readonly peer: Device | undefined
  /** where the other end is */
  readonly other: Network | undefined
  readonly bridge: Device | undefined
}

/** The cable of a device; one whose other end cannot be seen has none. */
export const cableOf = (device: Device, network: Network, { networks }: Facts): Cable => {
  const other = networks.find(({ namespace }) => namespace === device.peer?.namespace)
  const peer = other?.devices.find(({ name }) => name === device.peer?.device)
  const bridge = other?.devices.find(({ name }) => name === peer?.bridge)
  return { device, network, peer, other, bridge }
}

/** A device, with its addresses. */
export const showDevice = ({ name, addresses }: Device): string => harmless([name, ...addresses].join(' '))

/** Whether cables end here that others are at the far end of: at a bridge, or with a rule that translates. */
export const isRouter = ({ devices, translations }: Network): boolean =>
  translations.length > 0 || devices.some(({ kind }) => kind === 'bridge')

/** The devices that lead further, beyond the host. */
export const uplinksOf = ({ devices }: Network): Device[] =>
  devices.filter(({ kind, addresses, name }) => kind === undefined && name !== 'lo' && addresses.length > 0)

const walk = (containers: readonly Container[]): Container[] =>
  containers.flatMap(container => [container, ...walk(container.containers)])

/** All containers, those in others too. */
export const allContainers = ({ containers }: Facts): Container[] => walk(containers)
