/** The bridge of chapter 06, its cables and its rules. IP forwarding goes back with the last device that remembers it. */

import { readFile } from 'node:fs/promises'
import { isInstalled } from '#native/find-on-path.ts'
import { run, sh, ToolError } from '#native/tool.ts'
import { BRIDGE, downNetwork, findBridge } from '#parts/network/bridge.ts'
import { devices, ip, type Link } from '#parts/network/ip-command.ts'
import { stopForwarding } from '#parts/network/ip-forward.ts'
import { stopMasquerade } from '#parts/network/nat.ts'
import { withNetworkLock } from '#parts/network/network-lock.ts'
import { isRoot } from '../is-root.ts'
import { type Leftover, nothing, type Search, together } from './leftover.ts'

// How chapter 06 marks a device of its own: see memory() there.
const isOurs = ({ ifname, ifalias = '' }: Link): boolean =>
  ifname !== BRIDGE && /^skdocker: ip_forward was [01]/.test(ifalias)

const bridge = async (): Promise<Leftover[]> => {
  const found = await findBridge()
  if (!found) return []
  const { subnet, ports } = found
  const names = ports.map(({ ifname, ifalias }) => ifalias || ifname)
  return [
    {
      what: `bridge ${BRIDGE}${subnet ? `, for ${subnet.text}` : ''}, with its rules and IP forwarding`,
      usedBy: names.length > 0 ? `containers at ${names.join(', ')}` : undefined,
      // It looks again, and gives a container that has just ended a moment to let go.
      force: async () => {},
      remove: downNetwork,
    },
  ]
}

/** Takes a cable away as chapter 06 does, if it is still ours by then. */
const unplug = (device: string): Promise<void> =>
  withNetworkLock(async () => {
    const { links } = await devices()
    const link = links.find(({ ifname }) => ifname === device)
    if (!link || !isOurs(link)) return
    await sh('NAT', stopMasquerade(device))
    stopForwarding(link, links)
    await ip(`link delete ${device}`)
  })

// The kernel takes a cable away with the namespace that its other end is in: where one is, somebody is in there.
const cable = ({ ifname }: Link): Leftover => ({
  what: `cable ${ifname}, with its rules`,
  usedBy: 'whoever is in the network namespace at its other end',
  force: async () => {},
  remove: () => unplug(ifname),
})

// A tool that cannot list rules here has not made any.
const answerOf = async (tool: string, ...args: string[]): Promise<string> => {
  if (!isInstalled(tool)) return ''
  try {
    return await run([tool, ...args])
  } catch (error) {
    if (error instanceof ToolError) return ''
    throw error
  }
}

// To ask the older iptables for a table is to make it.
const tablesToLookAt = async (): Promise<string[]> => {
  const tables = ['nat', 'filter']
  if ((await answerOf('iptables', '--version')).includes('nf_tables')) return tables
  const names = await readFile('/proc/net/ip_tables_names', 'utf8').catch(() => '')
  return tables.filter(table => names.split('\n').includes(table))
}

/** For which devices there are rules of ours. */
const translated = async (): Promise<string[]> => {
  const tables = await answerOf('nft', 'list', 'tables')
  const chains = await Promise.all(
    (await tablesToLookAt()).map(table => answerOf('iptables', '-w', '-t', table, '-S')),
  )
  const named = [
    ...tables.matchAll(/^table ip skdocker-(\S+)$/gm),
    ...chains.join('\n').matchAll(/^-N SKDOCKER-(\S+)$/gm),
  ]
  return [...new Set(named.map(match => match[1]!))]
}

const rules = (device: string): Leftover => ({
  what: `firewall rules for ${device}, which is gone`,
  remove: () => withNetworkLock(() => sh('NAT', stopMasquerade(device))),
})

const ofDevices = async (): Promise<{ search: Search; links: readonly Link[] }> => {
  if (!isInstalled('ip'))
    return { search: { leftovers: [], unseen: ['network devices: there is no ip on PATH'] }, links: [] }
  const { links } = await devices()
  return { search: { leftovers: [...(await bridge()), ...links.filter(isOurs).map(cable)], unseen: [] }, links }
}

const ofRules = async (links: readonly Link[]): Promise<Search> => {
  if (!isRoot()) return { leftovers: [], unseen: ['firewall rules: only root may look at them'] }
  const gone = (await translated()).filter(device => !links.some(({ ifname }) => ifname === device))
  return { ...nothing, leftovers: gone.map(rules) }
}

/** Looks for what chapter 06 makes. Throws ProgramError. */
export const findNetwork = async (): Promise<Search> => {
  const { search, links } = await ofDevices()
  return together([search, await ofRules(links)])
}
