/**
 * The host's own tools, started as everything here is, by clone(2): that takes 4 ms where node:child_process takes 6, and
 * 10 to be loaded, and it can enter a network namespace on the way.
 */

import { accessSync, closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { signalName } from '../../native/argument.ts'
import { clone, exitCode, libc, ProgramError, TAKES_ROOT } from '../../native/index.ts'
import { CLONE_NEWNET, SIGCHLD } from '../../native/linux.ts'
import { dup2, exec, type Step, setns } from '../../native/steps.ts'

const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2' }

type Command = readonly [string, ...string[]]

/** A tool said no. */
export class ToolError extends ProgramError {
  /** what it wrote to stderr */
  readonly stderr: string

  /** @param command what of it failed */
  constructor(command: string, stderr: string) {
    const reason = stderr.trim().replaceAll('\n', ': ')
    super(`${command}: ${reason || 'it failed without a word'}${cure(reason)}`)
    this.stderr = stderr
  }
}

const NETWORK_MODULES = 'veth bridge'
const NAT_MODULES = 'nf_nat nf_conntrack nft_masq xt_MASQUERADE xt_conntrack'

/** What is to be loaded into a kernel that keeps it in modules and has not found them; in the words of ip, nft and iptables. */
const missingModules = (reason: string): string | undefined => {
  if (/unknown device type/i.test(reason)) return NETWORK_MODULES
  if (/missing kernel module|need to insmod|cache initialization failed|RULE_APPEND failed/i.test(reason))
    return NAT_MODULES
  return undefined
}

/** Whether a tool says that it lacks a right. */
export const lacksRight = (reason: string): boolean => /not permitted|permission denied/i.test(reason)

const cure = (reason: string): string => {
  if (lacksRight(reason)) return `: ${TAKES_ROOT}`
  if (/read-only file system/i.test(reason))
    return ': run this on the host itself, or in a container that may do all'
  const modules = missingModules(reason)
  if (modules) return `: the kernel lacks what it takes: modprobe -a ${modules}`
  if (/busybox/i.test(reason)) return ": this needs iproute2's ip: install iproute2"
  return ''
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where a command is on PATH. */
const find = (command: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map(directory => join(directory, command))
    .find(isExecutable)

/** Whether a command is on PATH. */
export const installed = (command: string): boolean => find(command) !== undefined

/** A tool at work: what it writes can be read from these. */
export type Running = { readonly pid: number; readonly stdout: number; readonly stderr: number }

/**
 * Starts a tool.
 * @param command its name and arguments
 * @param stdin a descriptor, which is closed here
 * @param before what the child does before it becomes the tool
 * @throws ProgramError when it is not there
 */
export const start = (command: Command, stdin: number, before: readonly Step[]): Running => {
  const [tool, ...args] = command
  const path = find(tool)
  if (!path) throw new ProgramError(`there is no ${tool} on PATH: install ${PACKAGES[tool] ?? tool}`)
  const [stdout, out] = libc.pipe2()
  const [stderr, err] = libc.pipe2()
  const pid = clone([...before, dup2(stdin, 0), dup2(out, 1), dup2(err, 2), exec([path, ...args])], SIGCHLD)
  for (const fd of [stdin, out, err]) closeSync(fd)
  return { pid, stdout, stderr }
}

/** An end to read a text from; it must fit into a pipe, 64 KiB. */
const pipeWith = (text: string): number => {
  const [end, into] = libc.pipe2()
  writeSync(into, text)
  closeSync(into)
  return end
}

/** Reads what is left to come, and closes the descriptor. */
export const readToEnd = (fd: number): string => {
  const text = readFileSync(fd, 'utf8')
  closeSync(fd)
  return text
}

/**
 * Runs a tool to its end.
 * @param command its name and arguments
 * @param options.input what it reads from stdin
 * @param options.networkOf a process, to be in the network namespace of
 * @param options.called how its errors begin; with its name unless told
 * @returns what it wrote to stdout
 * @throws ToolError when it fails, ProgramError when it is not there
 */
export const run = async (
  command: Command,
  {
    input = '',
    networkOf,
    called = command[0],
  }: { input?: string; networkOf?: number | undefined; called?: string } = {},
): Promise<string> => {
  const namespace = openSync(`/proc/${networkOf ?? 'self'}/ns/net`, 'r')
  const { pid, stdout, stderr } = start(command, pipeWith(input), [setns(namespace, CLONE_NEWNET)])
  closeSync(namespace)
  const [answer, complaint] = [readToEnd(stdout), readToEnd(stderr)]
  const code = await exitCode(pid)
  const end = code > 128 ? `it was ended by ${signalName(code - 128)}` : ''
  if (code !== 0) throw new ToolError(called, complaint || end)
  return answer
}

/**
 * Runs a shell script that stops at the first failure.
 * @param called how its errors begin
 * @throws ToolError
 */
export const sh = async (called: string, script: string): Promise<void> =>
  void (await run(['sh', '-euc', script], { called }))
