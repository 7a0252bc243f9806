import { readFileSync } from 'node:fs'
import { namespaces } from '../../../runner/probe/process-facts.ts'
import type { Process } from '../../../runner/probe/processes.ts'
import { markedProcesses } from '../mark.ts'

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 100)
  } catch {
    return ''
  }
}

const describe = ({ pid, comm, state }: Process): string => {
  const words = commandLine(pid)
  return `${pid} (${comm})${state === 'Z' ? ' zombie' : ''} ${words}`.trimEnd()
}

/** The processes that the tests have started and that are still there, zombies too. */
export const ownProcesses = (marked = markedProcesses()): string[] => marked.map(describe)

const namespacesIfThere = (pid: number): string[] => {
  try {
    return [...new Set(Object.values(namespaces(pid)))]
  } catch {
    return []
  }
}

/** The namespaces that the test runner is in, and those that processes started by the tests keep alive. */
export const ownNamespaces = (marked = markedProcesses()): string[] => {
  const runner = new Set(Object.values(namespaces()))
  const others = marked.flatMap(({ pid }) =>
    namespacesIfThere(pid)
      .filter(namespace => !runner.has(namespace))
      .map(namespace => `${namespace} of ${pid}`),
  )
  return [...[...runner].map(namespace => `${namespace} of the test runner`), ...others]
}
