/** The bridge of chapter 06, its cables and its rules. IP forwarding goes back with the last device that remembers it. */

import { readFile } from 'node:fs/promises'
import { isInstalled } from '#native/find-on-path.ts'
import { runScript, runTool, ToolError } from '#native/host-tool.ts'
import { BRIDGE, findBridge, removeBridge } from '#parts/network/bridge.ts'
import { ip, type Link, listLinks } from '#parts/network/ip-command.ts'
import { ipForwardInAlias, restoreIpForward } from '#parts/network/ip-forward.ts'
import { natRemovalScript } from '#parts/network/nat.ts'
import { withNetworkLock } from '#parts/network/network-lock.ts'
import { isRoot } from '../is-root.ts'
import { type Leftover, mergeSearches, NO_LEFTOVERS, type Search } from './leftover.ts'

// The host's end of a cable that chapter 06 has made without a bridge.
const isOurs = (link: Link): boolean => link.ifname !== BRIDGE && ipForwardInAlias(link) !== undefined

const bridge = async (): Promise<Leftover[]> => {
  const found = await findBridge()
  if (!found) return []
  const { subnet, ports } = found
  const names = ports.map(({ ifname, ifalias }) => ifalias || ifname)
  return [
    {
      what: `bridge ${BRIDGE}${subnet ? `, for ${subnet.text}` : ''}, with its rules and IP forwarding`,
      usedBy: names.length > 0 ? `containers at ${names.join(', ')}` : undefined,
      // removeBridge() looks again, and waits for a container that has just ended.
      force: async () => {},
      remove: removeBridge,
    },
  ]
}

/** Takes a cable away as chapter 06 does, if it is still ours by then. */
const removeCable = (device: string): Promise<void> =>
  withNetworkLock(async () => {
    const links = await listLinks()
    const link = links.find(({ ifname }) => ifname === device)
    if (!link || !isOurs(link)) return
    await runScript('NAT', natRemovalScript(device))
    restoreIpForward(link, links)
    await ip(`link delete ${device}`)
  })

// The kernel removes a cable with the network namespace of its other end. A cable that is there is used by somebody.
const cable = ({ ifname }: Link): Leftover => ({
  what: `cable ${ifname}, with its rules`,
  usedBy: 'whoever is in the network namespace at its other end',
  force: async () => {},
  remove: () => removeCable(ifname),
})

// A tool that cannot list rules on this machine has not made any.
const outputOf = async (tool: string, ...args: string[]): Promise<string> => {
  if (!isInstalled(tool)) return ''
  try {
    return await runTool([tool, ...args])
  } catch (error) {
    if (error instanceof ToolError) return ''
    throw error
  }
}

// The older iptables makes a table by listing it, so it is asked only for those that exist.
const existingTables = async (): Promise<string[]> => {
  const tables = ['nat', 'filter']
  if ((await outputOf('iptables', '--version')).includes('nf_tables')) return tables
  const names = await readFile('/proc/net/ip_tables_names', 'utf8').catch(() => '')
  return tables.filter(table => names.split('\n').includes(table))
}

/** The devices for which there are firewall rules of ours. */
const devicesWithRules = async (): Promise<string[]> => {
  const tables = await outputOf('nft', 'list', 'tables')
  const chains = await Promise.all(
    (await existingTables()).map(table => outputOf('iptables', '-w', '-t', table, '-S')),
  )
  const named = [
    ...tables.matchAll(/^table ip skdocker-(\S+)$/gm),
    ...chains.join('\n').matchAll(/^-N SKDOCKER-(\S+)$/gm),
  ]
  return [...new Set(named.map(match => match[1]!))]
}

const rules = (device: string): Leftover => ({
  what: `firewall rules for ${device}, which is gone`,
  remove: () => withNetworkLock(() => runScript('NAT', natRemovalScript(device))),
})

const findDevices = async (): Promise<{ search: Search; links: readonly Link[] }> => {
  if (!isRoot())
    return { search: { leftovers: [], unseen: ['network devices: only root may look at them'] }, links: [] }
  if (!isInstalled('ip'))
    return { search: { leftovers: [], unseen: ['network devices: there is no ip on PATH'] }, links: [] }
  const links = await listLinks()
  return { search: { leftovers: [...(await bridge()), ...links.filter(isOurs).map(cable)], unseen: [] }, links }
}

const findRules = async (links: readonly Link[]): Promise<Search> => {
  if (!isRoot()) return { leftovers: [], unseen: ['firewall rules: only root may look at them'] }
  const gone = (await devicesWithRules()).filter(device => !links.some(({ ifname }) => ifname === device))
  return { ...NO_LEFTOVERS, leftovers: gone.map(rules) }
}

/** Looks for what chapter 06 makes. Throws ProgramError. */
export const findNetwork = async (): Promise<Search> => {
  const { search, links } = await findDevices()
  return mergeSearches([search, await findRules(links)])
}
