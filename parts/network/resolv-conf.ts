/** /etc/resolv.conf of a container: the nameservers that it asks for the addresses of names. */

import { readFileSync } from 'node:fs'
import { hasErrno } from '#native/index.ts'
import {
  LAST_FD,
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
} from '#native/linux.ts'
import { close_range, mount, open, type Step, umask, umount2, write } from '#native/steps.ts'
import type { NetworkMode } from './network-options.ts'

const RESOLV_CONF = '/etc/resolv.conf'

/** The nameservers that systemd-resolved asks. In /etc/resolv.conf it names itself alone, 127.0.0.53. */
const SYSTEMD_RESOLV_CONF = '/run/systemd/resolve/resolv.conf'

/** Docker's nameservers, for a host whose own no container can reach. */
const DEFAULTS = ['nameserver 8.8.8.8', 'nameserver 8.8.4.4']

const NAMESERVER = /^\s*nameserver\s+(\S+)/

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}

const nameservers = (text: string): string[] => text.split('\n').flatMap(line => NAMESERVER.exec(line)?.[1] ?? [])

const hostResolvConf = (): string => {
  const text = readIfThere(RESOLV_CONF)
  if (nameservers(text).join() !== '127.0.0.53') return text
  return readIfThere(SYSTEMD_RESOLV_CONF) || text
}

// The host's loopback is not the container's, and its bridge carries no IPv6.
const isOutOfReach = (line: string): boolean => /^(127\.|.*:)/.test(NAMESERVER.exec(line)?.[1] ?? '')

/**
 * The text of a container's /etc/resolv.conf: the host's. For a container with a network of its own, nameservers that
 * only the host can reach are left out, as Docker does. Source: resolv.conf(5)
 * @throws NodeJS.ErrnoException
 */
export const resolvConf = (network: NetworkMode): string => {
  if (network === 'host') return readIfThere(RESOLV_CONF)
  const lines = hostResolvConf()
    .split('\n')
    .filter(line => !isOutOfReach(line))
  const text = lines.join('\n')
  if (nameservers(text).length > 0) return text
  return [...DEFAULTS, ...lines].join('\n')
}

const O_WRONLY_CREAT = 0o101

const ignoreMissingFile = (step: Step): Step => ({ ...step, toleratedErrors: ['ENOENT', 'ENOTDIR'] })

/**
 * Steps that mount a resolv.conf, read-only, over the one in the container's root filesystem, where it has one. No file
 * of the host is used for it: the child writes the text to a filesystem in memory, and only this one file of it stays
 * in sight. The child must be in its new root, in a mount namespace that is private, and /proc must not be mounted yet,
 * because its directory is borrowed. Descriptors beyond 2 are closed.
 */
export const mountResolvConf = (text: string): Step[] => [
  mount('resolv.conf', '/proc', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=755'),
  close_range(3, LAST_FD), // so that open() returns 3
  umask(0),
  open('/proc/resolv.conf', O_WRONLY_CREAT, 0o644),
  umask(process.umask()),
  write(3, text),
  close_range(3, LAST_FD),
  ignoreMissingFile(mount('/proc/resolv.conf', RESOLV_CONF, null, MS_BIND)),
  ignoreMissingFile(
    mount('none', RESOLV_CONF, null, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC),
  ),
  umount2('/proc', MNT_DETACH),
]
