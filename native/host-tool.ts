/**
 * The host's own tools, started as everything here is, by clone(2): that takes 4 ms where node:child_process takes 6, and
 * 10 to be loaded, and it can enter a network namespace on the way.
 */

import { closeSync, openSync, readFile, readFileSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { signalName } from './argument.ts'
import { findOnPath } from './find-on-path.ts'
import { clone, exitCode, libc, ProgramError, TAKES_ROOT } from './index.ts'
import { CLONE_NEWNET, SIGCHLD } from './linux.ts'
import { dieWithParent, dup2, exec, type Step, setns } from './steps.ts'

const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2' }

type Command = readonly [string, ...string[]]

/** A tool said no. */
export class ToolError extends ProgramError {
  /** what it wrote to stderr */
  readonly stderr: string

  /**
   * @param command what of it failed
   * @param stderr what it wrote
   * @param told what of that is told; all of it unless told otherwise
   */
  constructor(command: string, stderr: string, told = stderr) {
    const reason = told.trim().replaceAll('\n', ': ') || 'it failed without a word'
    // Some tools begin with their own name.
    const begin = reason.startsWith(`${command}: `) ? '' : `${command}: `
    super(`${begin}${reason}${cure(stderr)}`)
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

/** What to do about it, where the tool's own words tell. */
const cure = (complaint: string): string => {
  // GNU tar has its own words for a full disk, and not always the kernel's.
  if (/Wrote only|No space left/.test(complaint)) return ': there is no space left on the disk'
  if (/not permitted|permission denied/i.test(complaint)) return `: ${TAKES_ROOT}`
  if (/read-only file system/i.test(complaint))
    return ': run this on the host itself, or in a container that may do all'
  const modules = missingModules(complaint)
  if (modules) return `: the kernel lacks what it takes: modprobe -a ${modules}`
  if (/busybox v\d/i.test(complaint)) return ": this needs iproute2's ip: install iproute2"
  return ''
}

/** A tool at work: what it writes can be read from these. */
export type RunningTool = { readonly pid: number; readonly stdout: number; readonly stderr: number }

/** The step that makes a child a tool. Throws ProgramError when that is not there. */
const execTool = ([tool, ...args]: Command): Step[] => {
  const path = findOnPath(tool)
  if (!path) throw new ProgramError(`there is no ${tool} on PATH: install ${PACKAGES[tool] ?? tool}`)
  return exec([path, ...args])
}

/**
 * Starts a tool.
 * @param command its name and arguments
 * @param stdin a descriptor, which is closed here
 * @param before what the child does before it becomes the tool
 * @throws ProgramError when it is not there
 */
export const startTool = (command: Command, stdin: number, before: readonly Step[]): RunningTool => {
  const become = execTool(command)
  const [stdout, out] = libc.pipe2()
  const [stderr, err] = libc.pipe2()
  const pid = clone([...before, dup2(stdin, 0), dup2(out, 1), dup2(err, 2), become], SIGCHLD)
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
export const runTool = async (
  command: Command,
  {
    input = '',
    networkOf,
    called = command[0],
  }: { input?: string; networkOf?: number | undefined; called?: string } = {},
): Promise<string> => {
  const namespace = openSync(`/proc/${networkOf ?? 'self'}/ns/net`, 'r')
  const { pid, stdout, stderr } = startTool(command, pipeWith(input), [setns(namespace, CLONE_NEWNET)])
  closeSync(namespace)
  const [answer, complaint] = [readToEnd(stdout), readToEnd(stderr)]
  const code = await exitCode(pid)
  if (code !== 0) throw new ToolError(called, complaint || endedBy(code))
  return answer
}

const endedBy = (code: number): string => (code > 128 ? `it was ended by ${signalName(code - 128)}` : '')

/**
 * Runs a shell script that stops at the first failure.
 * @param called how its errors begin
 * @throws ToolError
 */
export const runScript = async (called: string, script: string): Promise<void> =>
  void (await runTool(['sh', '-euc', script], { called }))

/**
 * Runs a tool for large work to its end, without holding this program up. It dies with this program: killed, that must
 * not leave one that goes on writing.
 * @param command its name and arguments
 * @param meanwhile called with its pid once it is started; what that returns is called when it has ended
 * @throws ToolError with the first line that it wrote to stderr when it fails, ProgramError when it is not there
 */
export const runToolWithoutBlocking = async (
  command: Command,
  meanwhile: (pid: number) => () => void = () => () => {},
): Promise<void> => {
  const become = execTool(command)
  const [end, stderr] = libc.pipe2()
  try {
    const pid = clone([dieWithParent(), dup2(stderr, 2), become], SIGCHLD)
    closeSync(stderr)
    const complaint = promisify(readFile)(end, 'utf8')
    const stop = meanwhile(pid)
    const [code, text] = await Promise.all([exitCode(pid), complaint])
    stop()
    if (code !== 0) throw new ToolError(command[0], text, text.trim().split('\n')[0] || endedBy(code))
  } finally {
    closeSync(end)
  }
}
