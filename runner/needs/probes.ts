/** What a test or a transcript may need, and how it is found out whether it is there. */

import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { isInstalled } from '#native/find-on-path.ts'
import { mounts } from '#native/mountinfo.ts'
import { isRoot } from '../is-root.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { loadPty } from '../terminal/node-pty.ts'
import { plainNode } from './plain-node.ts'

const CAP_SYS_ADMIN = 21n

const probes: Record<string, (argument: string) => string | undefined> = {
  root: () => {
    const [, capabilities] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))!
    const mayAdminister = (BigInt(`0x${capabilities}`) >> CAP_SYS_ADMIN) & 1n
    return isRoot() && mayAdminister ? undefined : 'not root with CAP_SYS_ADMIN'
  },
  pty: () => {
    if (!accessible('/dev/ptmx')) return '/dev/ptmx cannot be opened'
    return attempt(loadPty)
  },
  busybox: () => {
    return existsSync(join(projectRoot, 'busybox/bin/busybox'))
      ? undefined
      : 'busybox/ is not complete: npm run setup'
  },
  cgroup: controller => {
    const paths = hierarchiesWith(controller || 'cpu').map(({ mountPoint }) => mountPoint)
    if (paths.length === 0) return `no cgroup hierarchy has the controller ${controller || 'cpu'}`
    return paths.some(accessible) ? undefined : `${paths.join(', ')} cannot be written to`
  },
  v1: controller => versionOf(controller || 'cpu', 'cgroup'),
  v2: controller => versionOf(controller || 'cpu', 'cgroup2'),
  net: () => {
    if (!existsSync('/proc/self/ns/net')) return 'the kernel has no network namespaces'
    return reasonFor('ip')
  },
  userns: () => {
    if (!existsSync('/proc/self/ns/user')) return 'the kernel has no user namespaces'
    const most = readFileSync('/proc/sys/user/max_user_namespaces', 'utf8').trim()
    return most === '0' ? 'user.max_user_namespaces is 0: nobody may make one here' : undefined
  },
  overlay: () => reasonFor('filesystem:overlay'),
  filesystem: type => {
    const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/)
    return known.includes(type) || isModule(type) ? undefined : `the kernel does not know the filesystem ${type}`
  },
  kernel: version => (atLeast(release(), version) ? undefined : `Linux ${release()} is older than ${version}`),
  'plain-node': () =>
    plainNode() === undefined
      ? `Node ${process.versions.node} runs no TypeScript, SKDOCKER_PLAIN_NODE names none that does`
      : undefined,
  arch: name => (process.arch === name ? undefined : `this is ${process.arch}`),
}

/** The needs that are no names of commands, without what may stand behind a colon. */
export const knownNeeds: readonly string[] = Object.keys(probes)

/**
 * Why a need is not met here, or undefined when it is.
 * @throws Error on a need that nobody has heard of
 */
export const whyUnmet = (need: string): string | undefined => {
  const reasons = need.split(' or ').map(reasonFor)
  if (reasons.includes(undefined)) return undefined
  return `needs ${need}: ${reasons.join('; ')}`
}

/** Whether the kernel would load a filesystem when it is mounted. Source: request_module("fs-%s") in fs/filesystems.c */
const isModule = (type: string): boolean => {
  const aliases = `/lib/modules/${release()}/modules.alias`
  return existsSync(aliases) && readFileSync(aliases, 'utf8').includes(`\nalias fs-${type} `)
}

const hierarchiesWith = (controller: string) => {
  return mounts().filter(({ mountPoint, type, superOptions }) => {
    if (type === 'cgroup') return superOptions.includes(controller)
    if (type !== 'cgroup2') return false
    return readFileSync(join(mountPoint, 'cgroup.controllers'), 'utf8').trim().split(' ').includes(controller)
  })
}

const versionOf = (controller: string, wanted: 'cgroup' | 'cgroup2'): string | undefined => {
  const types = hierarchiesWith(controller).map(({ type }) => type)
  if (types.includes(wanted)) return undefined
  const here = types.includes('cgroup') ? 'v1' : 'v2'
  return types.length === 0
    ? `no cgroup hierarchy has the controller ${controller}`
    : `${controller} is in cgroup ${here} here`
}

const reasonFor = (need: string): string | undefined => {
  const [name, argument = ''] = need.split(':')
  const probe = probes[name!]
  if (probe) return probe(argument)
  if (need.includes(':')) throw new Error(`no such need: ${need}`)
  return isInstalled(need) ? undefined : `${need} is not on PATH`
}

const accessible = (path: string): boolean => {
  return attempt(() => accessSync(path, constants.R_OK | constants.W_OK)) === undefined
}

const attempt = (action: () => unknown): string | undefined => {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const atLeast = (version: string, wanted: string): boolean => {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0
}
