/**
 * Network address translation: beyond the host nobody knows the way back to a container, so what leaves it carries the
 * host's address. The rules are shell scripts for the tool that the host has, in a place of their own, and so to be
 * taken back without touching anybody else's.
 */

import { ProgramError } from '../../native/index.ts'
import { installed } from './tool.ts'

/** What is translated: packets from a subnet that leave by any other device than the one they came by. */
export type Translation = { readonly device: string; readonly subnet: string }

type Firewall = { up(translation: Translation): string; down(device: string): string }

const chain = (device: string): string => `SKDOCKER-${device}`

/** Source: iptables(8), iptables-extensions(8) */
const iptables: Firewall = {
  // The jumps stand first: a firewall that drops what it does not know must not come before them.
  up: ({ device, subnet }) => `
    chain() { iptables -w -t $1 -N ${chain(device)} 2>/dev/null || iptables -w -t $1 -F ${chain(device)}; }
    rule() { iptables -w -t $1 -A ${chain(device)} $2; }
    jump() { iptables -w -t $1 -C $2 -j ${chain(device)} 2>/dev/null || iptables -w -t $1 -I $2 -j ${chain(device)}; }
    chain nat
    rule nat '-s ${subnet} ! -o ${device} -j MASQUERADE'
    jump nat POSTROUTING
    chain filter
    rule filter '-i ${device} -j ACCEPT'
    rule filter '-o ${device} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
    jump filter FORWARD`,
  down: device => `
    remove() {
      iptables -w -t $1 -S ${chain(device)} >/dev/null 2>&1 || return 0
      while iptables -w -t $1 -D $2 -j ${chain(device)} 2>/dev/null; do :; done
      iptables -w -t $1 -F ${chain(device)}
      iptables -w -t $1 -X ${chain(device)}
    }
    remove nat POSTROUTING
    remove filter FORWARD`,
}

/** Source: nft(8) */
const nft: Firewall = {
  // One transaction. No rule accepts what is forwarded: in a table of its own that would not overrule another's drop.
  up: ({ device, subnet }) => `
    nft 'table ip skdocker-${device}
      delete table ip skdocker-${device}
      table ip skdocker-${device} {
        chain postrouting {
          type nat hook postrouting priority 100
          ip saddr ${subnet} oifname != "${device}" masquerade
        }
      }'`,
  down: device => `
    nft 'table ip skdocker-${device}
      delete table ip skdocker-${device}'`,
}

// Where the host has both its rules are most likely those of iptables, and only there ours can come before them.
const firewalls = { iptables, nft }
const present = (): Firewall[] =>
  Object.entries(firewalls).flatMap(([command, firewall]) => (installed(command) ? [firewall] : []))

/**
 * The script that translates; it may be run again.
 * @throws ProgramError when the host has no tool for it
 */
export const masquerade = (translation: Translation): string => {
  const [firewall] = present()
  if (firewall) return firewall.up(translation)
  throw new ProgramError('there is neither iptables nor nft on PATH: install iptables, or nftables')
}

/** The script that takes it back, whichever tool did it, if it was done. */
export const stopMasquerade = (device: string): string =>
  present()
    .map(firewall => firewall.down(device))
    .join('\n')
