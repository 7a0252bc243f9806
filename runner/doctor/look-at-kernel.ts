/** The ground that everything stands on: kernel, processor, Node, libc, and the way into libc. */

import { release } from 'node:os'
import { ALL_CHAPTERS, type Finding, missing, ok } from './finding.ts'

const atLeast = (version: string, wanted: string): boolean =>
  version.localeCompare(wanted, 'en', { numeric: true }) >= 0

const kernel = (): Finding => {
  const subject = { id: 'kernel', name: 'kernel', chapters: ALL_CHAPTERS }
  if (process.platform !== 'linux')
    return missing(
      subject,
      process.platform,
      'namespaces are the Linux kernel’s: use a Linux virtual machine, see docs/machines.md',
    )
  if (atLeast(release(), '5.11')) return ok(subject, `Linux ${release()}`)
  return missing(
    subject,
    `Linux ${release()}`,
    'Linux 5.11 or newer is needed, for close_range(2): update the system',
  )
}

const processor = (): Finding => {
  const subject = { id: 'processor', name: 'processor', chapters: ALL_CHAPTERS }
  if (['x64', 'arm64'].includes(process.arch)) return ok(subject, process.arch)
  return missing(subject, process.arch, 'native/ writes machine code for x86-64 and arm64: use such a machine')
}

const node = (): Finding => {
  const subject = { id: 'node', name: 'Node', chapters: ALL_CHAPTERS }
  const { node: version } = process.versions
  if (atLeast(version, '20.19')) return ok(subject, version)
  return missing(subject, version, 'Node 20.19 or newer is needed: see https://nodejs.org')
}

type Header = { readonly glibcVersionRuntime?: string }

/** The libc of this Node. Source: process.report of Node's documentation */
const libcOf = (): string => {
  const { header } = process.report.getReport() as unknown as { header: Header }
  return header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'musl'
}

const foreignFunctions = async (): Promise<Finding> => {
  const subject = { id: 'ffi', name: 'calls into libc (ffi-rs)', chapters: ALL_CHAPTERS }
  try {
    const { getpid } = await import('#native/libc.ts')
    const pid = getpid()
    if (pid === process.pid) return ok(subject, `${libcOf()}, getpid() = ${pid}`)
    return missing(subject, `getpid() = ${pid}, and this is process ${process.pid}`, 'run "npm run setup"')
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n')
    return missing(subject, line, 'install the packages for this machine: remove node_modules/, "npm run setup"')
  }
}

/** Looks at the ground. */
export const machine = async (): Promise<Finding[]> => [kernel(), processor(), node(), await foreignFunctions()]
