/** ip(8), the host's tool for devices, addresses and routes. A batch of its commands is one process. */

import { randomBytes } from 'node:crypto'
import { runTool, ToolError } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'

/** A network device, in the words of `ip -json -details link`. */
export type Link = {
  readonly ifname: string
  readonly ifindex: number
  /** of the device that it hangs on, a veth's other end for one, where that is in another network namespace */
  readonly link_index?: number
  /** the name of that device where it is in the same namespace */
  readonly link?: string
  readonly operstate?: string
  /** what made it: `veth`, `bridge`; missing for a real device and for lo */
  readonly linkinfo?: { readonly info_kind?: string }
  readonly ifalias?: string
  /** its hardware address */
  readonly address?: string
  /** the bridge that the device is plugged into */
  readonly master?: string
  /** its IPv4 addresses: `172.16.0.1/16` */
  readonly addresses: readonly string[]
}

/** A route, in the words of `ip -json route`: to a subnet, an address or `default`. */
export type Route = {
  readonly dst: string
  readonly gateway?: string
  readonly dev?: string
  readonly type?: string
}

type LinkAnswer = Omit<Link, 'addresses'>

type AddressAnswer = {
  readonly ifname: string
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[]
}

// ip names the command that failed by its line: "Command failed -:2".
const nameFailedCommand = (error: unknown, commands: readonly string[]): unknown => {
  if (!(error instanceof ToolError)) return error
  const [, reason, line] = /^(.*)\nCommand failed -:(\d+)/s.exec(error.stderr) ?? []
  if (reason === undefined) return error
  return new ToolError(`ip ${commands[Number(line) - 1]}`, reason.replace('RTNETLINK answers: ', ''))
}

const runBatch = async (
  commands: readonly string[],
  options: readonly string[] = [],
  networkOf?: number,
): Promise<string> => {
  try {
    return await runTool(['ip', ...options, '-batch', '-'], { input: `${commands.join('\n')}\n`, networkOf })
  } catch (error) {
    throw nameFailedCommand(error, commands)
  }
}

/**
 * Runs commands of ip(8) one after the other, up to the first that fails.
 * @param commands each without the word `ip`
 * @throws ProgramError
 */
export const ip = async (...commands: string[]): Promise<void> => void (await runBatch(commands))

/**
 * Runs commands of ip(8) in the network namespace of a process. The tool is the host's: the container needs none.
 * @param pid the process
 * @param commands each without the word `ip`
 * @throws ProgramError
 */
export const ipInside = async (pid: number, ...commands: string[]): Promise<void> =>
  void (await runBatch(commands, [], pid))

// The answer to each command is a line, in which ip writes {} for a device that it has nothing to say about.
const askIp = async (networkOf: number | undefined, ...commands: string[]): Promise<object[][]> => {
  const answers = (await runBatch(commands, ['-json', '-details'], networkOf)).trim().split('\n')
  if (answers.length !== commands.length)
    throw new ProgramError('ip -json -batch has another form than expected: iproute2 4.18 or newer is needed')
  // The fields are not checked one by one, because iproute2 keeps those that its JSON has.
  return answers.map(answer => (JSON.parse(answer) as object[]).filter(entry => Object.keys(entry).length > 0))
}

/**
 * Lists the devices of a network namespace.
 * @param networkOf the pid of a process in it; by default it is this program's
 * @throws ProgramError
 */
export const listLinks = async (networkOf?: number): Promise<Link[]> => {
  // `address show` leaves out the alias.
  const [links, addresses] = (await askIp(networkOf, 'link show', 'address show')) as [
    LinkAnswer[],
    AddressAnswer[],
  ]
  const addressesOf = (link: string): string[] =>
    addresses
      .filter(({ ifname }) => ifname === link)
      .flatMap(({ addr_info }) => addr_info.filter(({ family }) => family === 'inet'))
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
  return links.map(link => ({ ...link, addresses: addressesOf(link.ifname) }))
}

/** Lists the IPv4 routes of a network namespace, in all its tables; networkOf as above. Throws ProgramError. */
export const listRoutes = async (networkOf?: number): Promise<Route[]> =>
  (await askIp(networkOf, 'route show table all'))[0] as Route[]

/**
 * Draws a name for the host's end of a cable that no device has: `veth` and seven hexadecimal digits, as Docker's.
 * @param links all devices of the host
 */
export const unusedVethName = (links: readonly Link[]): string => {
  const name = `veth${randomBytes(4).toString('hex').slice(0, 7)}`
  return links.some(({ ifname }) => ifname === name) ? unusedVethName(links) : name
}
