/** On what this system runs, as far as can be guessed from inside. Nothing hangs on it, but it explains a lot. */

import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { mounts } from '#native/mountinfo.ts'
import { type Finding, note } from './finding.ts'

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

const isWsl = (): boolean => /microsoft/i.test(read('/proc/sys/kernel/osrelease'))

/** Source: container-interface of systemd.io; podman and docker leave a file each */
const container = (): string | undefined => {
  if (existsSync('/.dockerenv')) return 'a Docker container'
  if (existsSync('/run/.containerenv')) return 'a Podman container'
  const named = /(?:^|\0)container=([^\0]+)/.exec(read('/proc/1/environ'))?.[1]
  if (named) return `a container (${named})`
  const first = `pid:[${0xeffffffc}]` // PROC_PID_INIT_INO in include/linux/proc_ns.h of Linux
  return pidNamespace() === first ? undefined : 'a pid namespace that is not the first'
}

const pidNamespace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const virtualMachine = (): string | undefined => {
  const isGuest = /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo'))
  const product = [read('/sys/class/dmi/id/sys_vendor'), read('/sys/class/dmi/id/product_name')].join(' ').trim()
  if (isGuest) return `a virtual machine${product ? ` (${product})` : ''}`
  return /KVM|QEMU|VMware|VirtualBox|Virtual Machine|Parallels|Xen/i.test(product)
    ? `a virtual machine (${product})`
    : undefined
}

const place = (): string => {
  const known = [isWsl() ? 'WSL' : undefined, container(), isWsl() ? undefined : virtualMachine()]
  return known.filter(Boolean).join(', in ') || 'a machine of its own, as far as can be seen'
}

const sharedRoot = (): string => {
  const root = mounts().findLast(({ mountPoint }) => mountPoint === '/')
  if (root?.propagation.some(field => field.startsWith('shared:')))
    return '/ is shared: chapter 04 shows what leaks there, and its main.ts what helps'
  return '/ is private: chapter 04 makes a shared one to show a leak'
}

/** Finds out on what kind of machine this runs. */
export const lookAround = (): Finding[] => [
  note('place', 'this system seems to be', place()),
  note('propagation', 'mounts', sharedRoot()),
]
