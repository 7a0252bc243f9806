/**
 * Network address translation: beyond the host nobody knows the way back to a container, so what leaves it carries the
 * host's address. The rules are shell scripts for the tool that the host has, in a place of their own, and so to be
 * taken back without touching anybody else's.
 */

import { isInstalled } from '#native/find-on-path.ts'
import { ProgramError } from '#native/index.ts'

/** What is translated: packets from a subnet that leave by any other device than the one they came by. */
export type Translation = { readonly device: string; readonly subnet: string }

type Firewall = { up(translation: Translation): string; down(device: string): string }

const chain = (device: string): string => `SKDOCKER-${device}`

/**
 * All of a table at once: the kernel takes its time for every change.
 * Source: iptables(8), iptables-extensions(8), iptables-save(8), iptables-restore(8)
 */
const iptables: Firewall = {
  // The jumps stand first: a firewall that drops what it does not know must not come before them.
  up: ({ device, subnet }) => `
    jump() { iptables -w -t $1 -C $2 -j ${chain(device)} 2>/dev/null || echo "-I $2 -j ${chain(device)}"; }
    {
      echo '*nat'
      echo ':${chain(device)} -'
      echo '-A ${chain(device)} -s ${subnet} ! -o ${device} -j MASQUERADE'
      jump nat POSTROUTING
      echo COMMIT
      echo '*filter'
      echo ':${chain(device)} -'
      echo '-A ${chain(device)} -i ${device} -j ACCEPT'
      echo '-A ${chain(device)} -o ${device} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
      jump filter FORWARD
      echo COMMIT
    } | iptables-restore -w --noflush`,
  // What iptables-save writes of our own is turned round. A table's chains come before its rules.
  down: device => `
    rules=$(iptables-save)
    printf '%s\\n' "$rules" | while read -r word rest; do
      case $word in
        '*'*) table=$word ours= ;;
        :${chain(device)}) ours=yes; echo "$table"; echo '-F ${chain(device)}' ;;
        -A) case $rest in *'-j ${chain(device)}') echo "-D $rest" ;; esac ;;
        COMMIT) [ -z "$ours" ] || printf '%s\\n' '-X ${chain(device)}' COMMIT ;;
      esac
    done | iptables-restore -w --noflush`,
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
    if nft list table ip skdocker-${device} >/dev/null 2>&1; then nft delete table ip skdocker-${device}; fi`,
}

// Where the host has both its rules are most likely those of iptables, and only there ours can come before them.
const firewalls = { iptables, nft }
const present = (): Firewall[] =>
  Object.entries(firewalls).flatMap(([command, firewall]) => (isInstalled(command) ? [firewall] : []))

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
