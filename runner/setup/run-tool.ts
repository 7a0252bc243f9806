import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { $, type ProcessOutput, which } from 'zx'
import { SetupError } from './setup-error.ts'

// A user's PATH often lacks the sbin directories, where ip and iptables are.
const searchPath = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(':')

/**
 * Runs a tool of this machine, as a zx template. It never asks a question (stdin is empty), shows nothing
 * and does not throw when the tool fails: look at `exitCode`.
 */
export const run = $({
  quiet: true,
  nothrow: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  // C, since its output is read here; TAR_OPTIONS would change what tar packs.
  env: { ...process.env, PATH: searchPath, LC_ALL: 'C', TAR_OPTIONS: '', DEBIAN_FRONTEND: 'noninteractive' },
})

/** Every program of that name along PATH and the sbin directories, each once: which(1). */
export const programs = (name: string): string[] => {
  const paths = which.sync(name, { all: true, nothrow: true, path: searchPath }) ?? []
  const files = paths.map(path => realpathSync(path))
  return paths.filter((_, at) => files.indexOf(files[at]!) === at)
}

/**
 * Whether this machine has the tool itself. A link to busybox does not count: its applets share the names,
 * but not the options used here.
 */
export const hasTool = (name: string): boolean => {
  const path = programs(name)[0]
  return path !== undefined && !basename(realpathSync(path)).startsWith('busybox')
}

/** @throws SetupError when the machine has no program of that name */
export const requireTool = (name: string): void => {
  if (programs(name).length === 0) throw new SetupError(`${name} is not on this machine`)
}

/** @throws SetupError with what the tool said first, beside warnings, when it failed */
export const requireSuccess = (output: ProcessOutput): ProcessOutput => {
  if (output.exitCode === 0) return output
  throw new SetupError(firstComplaint(output))
}

/** The line of a failed tool's output that tells the cause; what follows is mostly its consequences. */
export const firstComplaint = (output: ProcessOutput): string => {
  if (output.signal) return `ended by ${output.signal}, or gave no answer in time`
  const lines = `${output.stderr}\n${output.stdout}`.split('\n').map(line => line.trim())
  return lines.find(line => line && !/^(W:|N:|warning)/i.test(line)) ?? `exit code ${output.exitCode}`
}
