/** ip(8): a batch of its commands is one process. */

import { runTool, ToolError } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'

/** A network device, as `ip -json link` has it. */
export type Link = { readonly ifname: string; readonly ifalias?: string; readonly master?: string }

type Addresses = {
  readonly ifname: string
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[]
}

/** A route, as `ip -json route` has it: to a subnet, an address or `default`. */
export type Route = { readonly dst: string; readonly dev?: string; readonly type?: string }

// ip says which line failed: "Command failed -:2".
const explain = (error: unknown, lines: readonly string[]): unknown => {
  if (!(error instanceof ToolError)) return error
  const [, reason, line] = /^(.*)\nCommand failed -:(\d+)/s.exec(error.stderr) ?? []
  if (reason === undefined) return error
  return new ToolError(`ip ${lines[Number(line) - 1]}`, reason.replace('RTNETLINK answers: ', ''))
}

const batch = async (
  lines: readonly string[],
  options: readonly string[] = [],
  networkOf?: number,
): Promise<string> => {
  try {
    return await runTool(['ip', ...options, '-batch', '-'], { input: `${lines.join('\n')}\n`, networkOf })
  } catch (error) {
    throw explain(error, lines)
  }
}

/**
 * Carries out commands of ip(8), up to the first that fails.
 * @throws ProgramError
 */
export const ip = async (...lines: string[]): Promise<void> => void (await batch(lines))

/**
 * The same in the network namespace of a process.
 * @throws ProgramError
 */
export const ipInside = async (pid: number, ...lines: string[]): Promise<void> => void (await batch(lines, [], pid))

// Each command's answer is a line; a device of which nothing is to be told is {}.
const ask = async (...lines: string[]): Promise<object[][]> => {
  const answers = (await batch(lines, ['-json'])).trim().split('\n')
  if (answers.length !== lines.length)
    throw new ProgramError('ip -json -batch has another form than expected: iproute2 4.18 or newer is needed')
  return answers.map(answer => (JSON.parse(answer) as object[]).filter(one => Object.keys(one).length > 0))
}

/** The devices of this network namespace, and the IPv4 addresses of each: `172.16.0.1/16`. Throws ProgramError. */
export const devices = async (): Promise<{ links: readonly Link[]; addressesOf(device: string): string[] }> => {
  const [links, addresses] = (await ask('link show', 'address show')) as [Link[], Addresses[]]
  const addressesOf = (device: string): string[] =>
    addresses
      .filter(({ ifname }) => ifname === device)
      .flatMap(({ addr_info }) => addr_info.filter(({ family }) => family === 'inet'))
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
  return { links, addressesOf }
}

/** Where packets of this network namespace may go, by IPv4. Throws ProgramError. */
export const routes = async (): Promise<Route[]> => (await ask('route show table all'))[0] as Route[]
