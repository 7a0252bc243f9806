/** /etc/resolv.conf: whom the container asks for the addresses that go with names. */

import { readFileSync } from 'node:fs'
import { hasErrno } from '#native/index.ts'
import { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REMOUNT } from '#native/linux.ts'
import { close_range, mount, open, type Step, umask, umount2, write } from '#native/steps.ts'
import type { Network } from './network-options.ts'

const RESOLV_CONF = '/etc/resolv.conf'

/** Where systemd-resolved names those it asks itself; to others it names itself alone, 127.0.0.53. */
const BEHIND_SYSTEMD = '/run/systemd/resolve/resolv.conf'

/** Docker's, for a host that names nobody a container could reach. */
const DEFAULTS = ['nameserver 8.8.8.8', 'nameserver 8.8.4.4']

const NAMESERVER = /^\s*nameserver\s+(\S+)/

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}

const nameservers = (text: string): string[] => text.split('\n').flatMap(line => NAMESERVER.exec(line)?.[1] ?? [])

const ofHost = (): string => {
  const text = read(RESOLV_CONF)
  if (nameservers(text).join() !== '127.0.0.53') return text
  return read(BEHIND_SYSTEMD) || text
}

// The host's loopback is not the container's, and its bridge carries no IPv6.
const isOutOfReach = (line: string): boolean => /^(127\.|.*:)/.test(NAMESERVER.exec(line)?.[1] ?? '')

/**
 * What stands in a container's /etc/resolv.conf: the host's, and as Docker does where it has a network of its own,
 * without the nameservers that only the host can reach. Source: resolv.conf(5)
 */
export const resolvConf = (network: Network): string => {
  if (network === 'host') return read(RESOLV_CONF)
  const lines = ofHost()
    .split('\n')
    .filter(line => !isOutOfReach(line))
  const text = lines.join('\n')
  if (nameservers(text).length > 0) return text
  return [...DEFAULTS, ...lines].join('\n')
}

const O_WRONLY_CREAT = 0o101
const LAST = 0xffffffff

const ifThere = (step: Step): Step => ({ ...step, toleratedErrors: ['ENOENT', 'ENOTDIR'] })

/**
 * The steps that give the container a resolv.conf to read, where its root filesystem has a file of that name. It is
 * never a file of the host: it is written inside, on a filesystem in memory, of which only this file stays in sight. To
 * be done in the new root, in a mount namespace that is private, and before /proc is mounted: its place is borrowed.
 * Descriptors beyond 2 are closed.
 */
export const mountResolvConf = (text: string): Step[] => [
  mount('resolv.conf', '/proc', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=755'),
  close_range(3, LAST), // the file to be opened is then 3
  umask(0),
  open('/proc/resolv.conf', O_WRONLY_CREAT, 0o644),
  umask(process.umask()),
  write(3, text),
  close_range(3, LAST),
  ifThere(mount('/proc/resolv.conf', RESOLV_CONF, null, MS_BIND)),
  ifThere(mount('none', RESOLV_CONF, null, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)),
  umount2('/proc', MNT_DETACH),
]
