import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { release } from 'node:os'
import { join } from 'node:path'
import { status } from './proc/facts.ts'
import { mountinfo } from './proc/mountinfo.ts'
import { repository } from './repository.ts'

const CAP_SYS_ADMIN = 21n

const probes: Record<string, (argument: string) => string | undefined> = {
  root: () => {
    const mayAdminister = (BigInt(`0x${status().CapEff}`) >> CAP_SYS_ADMIN) & 1n
    return process.geteuid?.() === 0 && mayAdminister ? undefined : 'not root with CAP_SYS_ADMIN'
  },
  pty: () => {
    if (!accessible('/dev/ptmx')) return '/dev/ptmx cannot be opened'
    return attempt(() => createRequire(import.meta.url)('@lydell/node-pty'))
  },
  busybox: () => {
    return existsSync(join(repository, 'busybox/bin/busybox')) ? undefined : 'busybox/ is empty: npm run setup'
  },
  cgroup: controller => {
    const paths = mountinfo().flatMap(({ type, mountPoint, superOptions }) => {
      if (type === 'cgroup') return superOptions.includes(controller) ? [mountPoint] : []
      if (type !== 'cgroup2') return []
      const controllers = readFileSync(join(mountPoint, 'cgroup.controllers'), 'utf8').trim().split(' ')
      return controllers.includes(controller) ? [mountPoint] : []
    })
    if (paths.length === 0) return `no cgroup hierarchy has the controller ${controller}`
    return paths.some(accessible) ? undefined : `${paths.join(', ')} cannot be written to`
  },
  filesystem: type => {
    const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/)
    return known.includes(type) ? undefined : `the kernel does not know the filesystem ${type}`
  },
  kernel: version => (atLeast(release(), version) ? undefined : `Linux ${release()} is older than ${version}`),
  arch: name => (process.arch === name ? undefined : `this is ${process.arch}`),
}

/**
 * Why a need is not met here, or undefined when it is.
 * @throws Error on a need that nobody has heard of
 */
export function missing(need: string): string | undefined {
  const reasons = need.split(' or ').map(reasonFor)
  if (reasons.includes(undefined)) return undefined
  return `needs ${need}: ${reasons.join('; ')}`
}

function reasonFor(need: string): string | undefined {
  const [name, argument = ''] = need.split(':')
  const probe = probes[name!]
  if (probe) return probe(argument)
  if (need.includes(':')) throw new Error(`no such need: ${need}`)
  return onPath(need) ? undefined : `${need} is not on PATH`
}

function onPath(command: string): boolean {
  const directories = (process.env.PATH ?? '').split(':').filter(Boolean)
  return directories.some(
    directory => attempt(() => accessSync(join(directory, command), constants.X_OK)) === undefined,
  )
}

function accessible(path: string): boolean {
  return attempt(() => accessSync(path, constants.R_OK | constants.W_OK)) === undefined
}

function attempt(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return String(error)
  }
}

function atLeast(version: string, wanted: string): boolean {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0
}
