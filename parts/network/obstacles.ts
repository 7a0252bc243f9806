/** Names what keeps packets from coming through the host although the bridge is up, and what to do about it. */

import { readFileSync } from 'node:fs'
import { isInstalled } from '#native/find-on-path.ts'
import { runTool } from '#native/host-tool.ts'
import { ProgramError, say } from '#native/index.ts'
import { BRIDGE } from './bridge-mark.ts'
import { IP_FORWARD } from './ip-forward.ts'
import { isTranslating } from './nat.ts'

/** Something that drops packets. */
type Obstacle = { readonly what: string; readonly cure: string }

/** A chain of nft's that drops what its rules do not let through. */
type DroppingChain = { readonly family: string; readonly table: string; readonly chain: string }

// A tool that cannot look finds nothing, and no obstacle is made up in its place.
const outputOf = async (...command: [string, ...string[]]): Promise<string> => {
  try {
    return await runTool(command)
  } catch (error) {
    if (error instanceof ProgramError) return ''
    throw error
  }
}

const findDisabledForwarding = (): Obstacle[] =>
  readFileSync(IP_FORWARD, 'utf8').trim() === '1'
    ? []
    : [{ what: 'IPv4 forwarding has been turned off', cure: `turn it on with "echo 1 >${IP_FORWARD}"` }]

const findRemovedRules = async (): Promise<Obstacle[]> =>
  (await isTranslating(BRIDGE))
    ? []
    : [
        {
          what: `the firewall rules for ${BRIDGE} have been removed`,
          cure: 'make them anew with "npx tsx chapters/06-net/init-net.ts"',
        },
      ]

/** Reads what `nft list chains` says. Source: nft(8) */
const droppingChains = (listed: string): DroppingChain[] => {
  let [family, table, chain]: (string | undefined)[] = []
  return listed.split('\n').flatMap(line => {
    ;[, family = family, table = table] = /^table (\S+) (\S+) \{$/.exec(line) ?? []
    ;[, chain = chain] = /^\tchain (\S+) \{$/.exec(line) ?? []
    if (!/^\t\ttype filter hook forward .*policy drop;/.test(line)) return []
    return family && table && chain ? [{ family, table, chain }] : []
  })
}

// In the chain of iptables our rules come first, and let through what is ours. Any other chain decides for itself.
const isOvercome = ({ family, table, chain }: DroppingChain): boolean =>
  isInstalled('iptables') && family === 'ip' && table === 'filter' && chain === 'FORWARD'

const isOfOtherPackets = ({ family }: DroppingChain): boolean => !['ip', 'inet'].includes(family)

// A rule that names the bridge was made by somebody who knows of it.
const knowsBridge = async ({ family, table, chain }: DroppingChain): Promise<boolean> =>
  (await outputOf('nft', 'list', 'chain', family, table, chain)).includes(`"${BRIDGE}"`)

const obstacleOf = ({ family, table, chain }: DroppingChain): Obstacle => {
  const insert = (rule: string): string => `insert rule ${family} ${table} ${chain} ${rule} accept`
  const accepts = [insert(`iifname ${BRIDGE}`), insert(`oifname ${BRIDGE} ct state established,related`)]
  return {
    what: `the chain ${chain} of nft's table ${family} ${table} drops what no rule of it lets through`,
    cure: `let containers through with "nft '${accepts.join('; ')}'"`,
  }
}

/** The firewalls of others that drop what they are not told to forward. */
export const findForeignFirewalls = async (): Promise<Obstacle[]> => {
  if (!isInstalled('nft')) return []
  const found = droppingChains(await outputOf('nft', 'list', 'chains')).filter(
    chain => !isOvercome(chain) && !isOfOtherPackets(chain),
  )
  const known = await Promise.all(found.map(knowsBridge))
  return found.filter((_, index) => !known[index]).map(obstacleOf)
}

/** What keeps packets of containers from coming through this host, as far as that can be told without sending one. */
const findObstacles = async (): Promise<Obstacle[]> => {
  const [ours, others] = await Promise.all([findRemovedRules(), findForeignFirewalls()])
  return [...findDisabledForwarding(), ...ours, ...others]
}

/** Names on stderr, a line each, what findObstacles() finds. Throws ProgramError when no firewall can be asked. */
export const reportObstacles = async (): Promise<void> => {
  for (const { what, cure } of await findObstacles())
    say(`skdocker: containers do not get beyond this host: ${what}: ${cure}`)
}
