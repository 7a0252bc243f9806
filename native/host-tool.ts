/**
 * Runs tools of the host, such as ip and tar. They are started by clone(2), because that takes 4 ms while
 * node:child_process takes 6 ms and 10 ms to load, and because a child of clone(2) can enter a network namespace first.
 */

import { closeSync, openSync, readFile, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { signalName } from './argument.ts'
import { clone, cloneWithoutSignals, exitCode } from './clone.ts'
import { cureForMissing, findOnPath } from './find-on-path.ts'
import * as libc from './libc.ts'
import { CLONE_NEWNET, SIGCHLD, SIGKILL } from './linux.ts'
import { hasErrno, ProgramError, TAKES_ROOT } from './program-error.ts'
import { Interrupted, isInterruptible, terminationSignal, uninterrupted } from './signals.ts'
import { dieWithParent, dup2, exec, type Step, setns, setpgid } from './steps.ts'
import { traceCall } from './trace.ts'

const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2' }

/** The name of a tool, and its arguments. */
export type Command = readonly [string, ...string[]]

/** A tool failed. */
export class ToolError extends ProgramError {
  /** what it wrote to stderr */
  readonly stderr: string

  /**
   * @param name what the message begins with, such as the tool's name
   * @param stderr what it wrote to stderr
   * @param reason the part of that which the message repeats; all of it by default
   */
  constructor(name: string, stderr: string, reason = stderr) {
    const line = reason.trim().replaceAll('\n', ': ') || 'it failed without a word'
    // Some tools begin their messages with their own name.
    super(`${line.startsWith(`${name}: `) ? '' : `${name}: `}${line}${cureFor(stderr)}`)
    this.stderr = stderr
  }
}

const NETWORK_MODULES = 'veth bridge'
const NAT_MODULES = 'nf_nat nf_conntrack nft_masq xt_MASQUERADE xt_conntrack'

/** The kernel modules that are missing, by the words of ip, nft and iptables; undefined when none is missing. */
const missingModules = (reason: string): string | undefined => {
  if (/unknown device type/i.test(reason)) return NETWORK_MODULES
  if (/missing kernel module|need to insmod|cache initialization failed|RULE_APPEND failed/i.test(reason))
    return NAT_MODULES
  return undefined
}

/** What to do about a failure, for the messages that readers are likely to meet. */
const cureFor = (complaint: string): string => {
  // GNU tar does not always repeat the kernel's words for a full disk.
  if (/Wrote only|No space left/.test(complaint)) return ': there is no space left on the disk'
  if (/not permitted|permission denied/i.test(complaint)) return `: ${TAKES_ROOT}`
  if (/read-only file system/i.test(complaint))
    return ': run this on the host itself, or in a container that may do all'
  const modules = missingModules(complaint)
  if (modules) return `: the kernel lacks what it takes: modprobe -a ${modules}`
  if (/busybox v\d/i.test(complaint)) return ": this needs iproute2's ip: install iproute2"
  return ''
}

/** A tool that runs. What it writes can be read from the two descriptors. */
type RunningTool = { readonly pid: number; readonly stdout: number; readonly stderr: number }

/** The steps with which a child becomes a tool. Throws ProgramError when it is not installed. */
const execTool = ([tool, ...args]: Command): Step[] => {
  const path = findOnPath(tool)
  if (!path)
    throw new ProgramError(`there is no ${tool} on PATH: ${cureForMissing([tool], PACKAGES[tool] ?? tool)}`)
  return exec([path, ...args])
}

/**
 * Starts a tool.
 * @param stdin a descriptor from which it reads; it is closed in this program
 * @param firstSteps what the child does before it becomes the tool
 * @param launch makes the child
 * @throws ProgramError when it is not installed
 */
export const startTool = (
  command: Command,
  stdin: number,
  firstSteps: readonly Step[],
  launch: typeof clone = clone,
): RunningTool => {
  const execSteps = execTool(command)
  const [stdout, out] = libc.pipe2()
  const [stderr, err] = libc.pipe2()
  const pid = launch([...firstSteps, dup2(stdin, 0), dup2(out, 1), dup2(err, 2), execSteps], SIGCHLD)
  for (const fd of [stdin, out, err]) closeSync(fd)
  return { pid, stdout, stderr }
}

/** Returns the reading end of a pipe that holds a text. The text must fit into the pipe, which takes 64 KiB. */
const pipeWith = (text: string): number => {
  const [readEnd, writeEnd] = libc.pipe2()
  const written = writeSync(writeEnd, text)
  if (written > 0) traceCall(`write(${writeEnd}, ${JSON.stringify(text)})`, written)
  closeSync(writeEnd)
  return readEnd
}

/** Reads to the end of a file or a pipe, without blocking the event loop, and closes the descriptor. */
export const readToEnd = async (fd: number): Promise<string> => {
  const text = await promisify(readFile)(fd, 'utf8')
  closeSync(fd)
  return text
}

/** How long a tool may run, in ms. Without an end it might wait for ever, for a lock whose holder is stopped. */
export const DEADLINE = 30_000

const killGroup = (leader: number): void => {
  try {
    libc.kill(-leader, SIGKILL)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

/** Reads what a tool writes. A tool that has not ended after the deadline is killed, with all that it has started. */
const outputOf = async ({ pid, stdout, stderr }: RunningTool, name: string): Promise<readonly string[]> => {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killGroup(pid)
  }, DEADLINE)
  const output = await Promise.all([readToEnd(stdout), readToEnd(stderr)])
  clearTimeout(timer)
  if (!isLate) return output
  await exitCode(pid)
  const seconds = DEADLINE / 1000
  throw new ProgramError(
    `${name}: it had not ended after ${seconds} seconds: see with "ps -ef" who keeps it waiting`,
  )
}

// The tool is in a process group of its own, so that neither Ctrl-C nor Ctrl-Z leaves its work half done.
const runWhole = async (
  command: Command,
  input: string,
  networkOf: number | 'self',
  name: string,
): Promise<string> => {
  const namespace = openSync(`/proc/${networkOf}/ns/net`, 'r')
  const firstSteps = [setpgid(0, 0), setns(namespace, CLONE_NEWNET)]
  const tool = startTool(command, pipeWith(input), firstSteps, cloneWithoutSignals)
  closeSync(namespace)
  const [answer = '', complaint = ''] = await outputOf(tool, name)
  const code = await exitCode(tool.pid)
  if (code !== 0) throw new ToolError(name, complaint || describeSignal(code))
  return answer
}

/**
 * Runs a tool to its end, or to its deadline. A signal that comes meanwhile ends this program afterwards.
 * @param options.input what it reads from stdin
 * @param options.networkOf the pid of a process in whose network namespace it runs
 * @param options.name what its errors begin with; the name of the tool by default
 * @returns what it wrote to stdout
 * @throws ToolError when it fails, ProgramError when it is not installed or does not end, Interrupted
 */
export const runTool = async (
  command: Command,
  {
    input = '',
    networkOf,
    name = command[0],
  }: { input?: string; networkOf?: number | undefined; name?: string } = {},
): Promise<string> => {
  const answer = await uninterrupted(() => runWhole(command, input, networkOf ?? 'self', name))
  const signal = isInterruptible() ? await terminationSignal() : undefined
  if (signal) throw new Interrupted(signal, `while ${name} was at work`)
  return answer
}

const describeSignal = (code: number): string => (code > 128 ? `it was ended by ${signalName(code - 128)}` : '')

/**
 * Runs a shell script that stops at the first failure.
 * @param name what its errors begin with
 * @throws ToolError
 */
export const runScript = async (name: string, script: string): Promise<void> =>
  void (await runTool(['sh', '-euc', script], { name }))

/**
 * Runs a tool that has a lot to do, and does not block the event loop. The kernel kills the tool when this program dies,
 * because nothing must go on writing then.
 * @param firstSteps what the child does before it becomes the tool; when this function returns, the child has been made
 * @throws ToolError with the first line that it wrote to stderr when it fails, ProgramError when it is not installed,
 * Interrupted when a signal has ended it
 */
export const runToolWithoutBlocking = async (command: Command, firstSteps: readonly Step[] = []): Promise<void> => {
  const execSteps = execTool(command)
  const [readEnd, stderr] = libc.pipe2()
  try {
    const pid = clone([dieWithParent(), ...firstSteps, dup2(stderr, 2), execSteps], SIGCHLD)
    closeSync(stderr)
    const complaint = promisify(readFile)(readEnd, 'utf8')
    const [code, text] = await Promise.all([exitCode(pid), complaint])
    if (code === 0) return
    const signal = await terminationSignal()
    if (signal) throw new Interrupted(signal, `while ${command[0]} was at work`)
    throw new ToolError(command[0], text, text.trim().split('\n')[0] || describeSignal(code))
  } finally {
    closeSync(readEnd)
  }
}
