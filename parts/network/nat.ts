/**
 * Network address translation. Beyond the host nobody knows the way back to a container, so what leaves the host has to
 * carry the host's address. The rules are shell scripts for the tool that the host has. They stand in a chain or table
 * of their own, so that they can be removed without touching anybody else's.
 */

import { cureForMissing, isInstalled } from '#native/find-on-path.ts'
import { type Command, runTool, ToolError } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'

/** What is translated: packets from a subnet that leave by any other device than the one they came by. */
type Translation = { readonly device: string; readonly subnet: string }

type Firewall = {
  addScript(translation: Translation): string
  removeScript(device: string): string
  /** the command that lists the rules, and what must be in what it says */
  listing(device: string): { readonly command: Command; readonly lines: readonly RegExp[] }
}

const chainOf = (device: string): string => `SKDOCKER-${device}`

/**
 * iptables-restore changes a table in one go, which the kernel does as fast as a single rule.
 * Source: iptables(8), iptables-extensions(8), iptables-save(8), iptables-restore(8)
 */
const iptables: Firewall = {
  // The jumps to our chains are inserted first, before the rules of a firewall that drops what it does not know.
  addScript: ({ device, subnet }) => `
    jump() { iptables -w -t $1 -C $2 -j ${chainOf(device)} 2>/dev/null || echo "-I $2 -j ${chainOf(device)}"; }
    {
      echo '*nat'
      echo ':${chainOf(device)} -'
      echo '-A ${chainOf(device)} -s ${subnet} ! -o ${device} -j MASQUERADE'
      jump nat POSTROUTING
      echo COMMIT
      echo '*filter'
      echo ':${chainOf(device)} -'
      echo '-A ${chainOf(device)} -i ${device} -j ACCEPT'
      echo '-A ${chainOf(device)} -o ${device} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
      jump filter FORWARD
      echo COMMIT
    } | iptables-restore -w --noflush`,
  // For each table that has our chain, the jumps to it are deleted, and then the chain. iptables-save tells which tables
  // those are, and does not make the others: iptables would, when it is asked for one by name.
  removeScript: device => `
    saved=$(iptables-save)
    printf '%s\\n' "$saved" | awk -v chain=${chainOf(device)} '
      /^[*]/                       { table = $0; hasChain = 0 }
      $1 == ":" chain              { hasChain = 1; print table; print "-F", chain }
      $1 == "-A" && $NF == chain   { sub("^-A", "-D"); print }
      $1 == "COMMIT" && hasChain   { print "-X", chain; print "COMMIT" }
    ' | iptables-restore -w --noflush`,
  listing: device => ({
    command: ['iptables-save'],
    lines: [
      `-A POSTROUTING .*-j ${chainOf(device)}`,
      `-A ${chainOf(device)} .*-j MASQUERADE.*`,
      `-A FORWARD .*-j ${chainOf(device)}`,
      `-A ${chainOf(device)} -i ${device} -j ACCEPT`,
      `-A ${chainOf(device)} -o ${device} .*-j ACCEPT`,
    ].map(line => new RegExp(`^${line}$`, 'm')),
  }),
}

/** Source: nft(8) */
const nft: Firewall = {
  // One transaction. There is no rule that accepts what is forwarded: it could not overrule another table's drop.
  addScript: ({ device, subnet }) => `
    nft 'table ip skdocker-${device}
      delete table ip skdocker-${device}
      table ip skdocker-${device} {
        chain postrouting {
          type nat hook postrouting priority 100
          ip saddr ${subnet} oifname != "${device}" masquerade
        }
      }'`,
  removeScript: device => `
    if nft list table ip skdocker-${device} >/dev/null 2>&1; then nft delete table ip skdocker-${device}; fi`,
  listing: device => ({ command: ['nft', 'list', 'table', 'ip', `skdocker-${device}`], lines: [/\bmasquerade\b/] }),
}

// A host that has both most likely has its own rules in iptables, and only there can ours come before them.
const firewalls = { iptables, nft }
const installedFirewalls = (): Firewall[] =>
  Object.entries(firewalls).flatMap(([command, firewall]) => (isInstalled(command) ? [firewall] : []))

/**
 * The shell script that makes the host translate. It may be run again.
 * @throws ProgramError when the host has no tool for it
 */
export const natScript = (translation: Translation): string => {
  const [firewall] = installedFirewalls()
  if (firewall) return firewall.addScript(translation)
  const cure = cureForMissing(Object.keys(firewalls), 'iptables, or nftables')
  throw new ProgramError(`there is neither iptables nor nft on PATH: ${cure}`)
}

/** The shell script that removes the rules for a device, where there are any, whichever tool made them. */
export const natRemovalScript = (device: string): string =>
  installedFirewalls()
    .map(firewall => firewall.removeScript(device))
    .join('\n')

const isInForce = async (firewall: Firewall, device: string): Promise<boolean> => {
  const { command, lines } = firewall.listing(device)
  try {
    const rules = await runTool(command)
    return lines.every(line => line.test(rules))
  } catch (error) {
    if (error instanceof ProgramError) return false // there is no such table
    throw error
  }
}

/** Whether the rules for a device are all there, whichever tool made them. */
export const isTranslating = async (device: string): Promise<boolean> => {
  for (const firewall of installedFirewalls()) if (await isInForce(firewall, device)) return true
  return false
}

const outputOf = async (command: Command, networkOf: number | undefined): Promise<string> => {
  if (!isInstalled(command[0])) return ''
  try {
    return await runTool(command, { networkOf })
  } catch (error) {
    if (error instanceof ToolError) return '' // a tool that cannot list rules here has not made any
    throw error
  }
}

const iptablesTranslation = /^-A .*-j (MASQUERADE|SNAT|DNAT|REDIRECT)\b.*$/gm
const nftTranslation = /^.*\b(masquerade|snat|dnat|redirect)\b.*$/gm

// What iptables has made is in its own words already.
const withoutTablesOfIptables = (ruleset: string): string => ruleset.replace(/^table ip nat \{.*?^\}/gms, '')

/**
 * Lists the rules that translate addresses, whoever made them, in the words of iptables-save and nft. It changes nothing.
 * @param networkOf the pid of a process in the network namespace; by default it is this program's
 * @throws ProgramError, Interrupted
 */
export const listTranslations = async (networkOf?: number): Promise<string[]> => {
  const saved = await outputOf(['iptables-save'], networkOf)
  const ruleset = await outputOf(['nft', 'list', 'ruleset'], networkOf)
  const others = isInstalled('iptables-save') ? withoutTablesOfIptables(ruleset) : ruleset
  return [...(saved.match(iptablesTranslation) ?? []), ...(others.match(nftTranslation) ?? [])].map(rule =>
    rule.trim(),
  )
}
