/** The words of a transcript that say what it needs. */

import { knownNeeds, whyUnmet } from './probes.ts'

// Commands that a text may ask for though they are not everywhere; what is on PATH may be asked for, too.
const COMMANDS = [
  ...[
    'bash',
    'bpftrace',
    'busybox',
    'capsh',
    'containerd',
    'criu',
    'ctr',
    'curl',
    'docker',
    'dig',
    'file',
    'findmnt',
  ],
  ...['gcc', 'git', 'ip', 'iptables', 'ldd', 'losetup', 'lsns', 'nc', 'nft', 'node', 'npm', 'nsenter', 'pgrep'],
  ...[
    'podman',
    'ps',
    'pstree',
    'python3',
    'runc',
    'setpriv',
    'socat',
    'strace',
    'stress',
    'systemctl',
    'systemd-run',
  ],
  ...['tar', 'taskset', 'tcpdump', 'top', 'unshare'],
]

const isKnown = (need: string): boolean => {
  const [name = '', argument] = need.split(':')
  if (knownNeeds.includes(name)) return true
  return argument === undefined && (COMMANDS.includes(name) || whyUnmet(name) === undefined)
}

/** The alternatives of a word: `nft|iptables` is one of the two. */
const alternatives = (word: string): string[] => word.split('|')

/** The first need of a word that nobody has heard of. */
export const unknownNeed = (word: string): string | undefined => alternatives(word).find(need => !isKnown(need))

/** Why what a word asks for is not here; undefined when it is. */
export const missingNeed = (word: string): string | undefined => whyUnmet(alternatives(word).join(' or '))

/** Whether a word says which of two kinds of machine a transcript is of. */
export const isVariant = (word: string): boolean => /^v[12](:|$)/.test(word)
