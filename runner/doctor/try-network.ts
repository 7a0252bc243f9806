/** What a network of containers takes, each tried in a network namespace of its own. */

import { closeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cureForMissing, isInstalled } from '#native/find-on-path.ts'
import { readToEnd, startTool } from '#native/host-tool.ts'
import { exitCode, libc, ProgramError } from '#native/index.ts'
import { CLONE_NEWNET, CLONE_NEWNS, MS_PRIVATE, MS_REC } from '#native/linux.ts'
import { ignoreFailure, mount, unshare } from '#native/steps.ts'
import { IP_FORWARD } from '#parts/network/ip-forward.ts'
import { natScript } from '#parts/network/nat.ts'
import { isRoot } from '../is-root.ts'
import { chaptersFrom, type Finding, missing, note, ok, type Subject, splitMessage, unknown } from './finding.ts'

// iptables has its lock in /run: what is written there is gone with the namespace.
const alone = [
  unshare(CLONE_NEWNET | CLONE_NEWNS),
  mount('none', '/', null, MS_REC | MS_PRIVATE),
  ignoreFailure(mount('doctor', '/run', 'tmpfs')),
]

/** Runs a shell script in namespaces of its own. Returns what it complained of, undefined when all went well. */
const complaintOf = async (script: string): Promise<string | undefined> => {
  const [stdin, end] = libc.pipe2()
  closeSync(end)
  const { pid, stdout, stderr } = startTool(['sh', '-euc', script], stdin, alone)
  const [, complaint = ''] = await Promise.all([readToEnd(stdout), readToEnd(stderr)])
  const code = await exitCode(pid)
  return code === 0 ? undefined : complaint.trim().replaceAll('\n', ': ') || `it ended with ${code}`
}

type Trial = Pick<Subject, 'id' | 'name'> & {
  readonly tool?: string
  readonly script: () => string
  readonly works: () => string
  readonly cure: string
}

const TRIALS: readonly Trial[] = [
  {
    id: 'veth',
    name: 'veth pair',
    tool: 'ip',
    script: () => 'ip link add doctor0 type veth peer name doctor1',
    works: () => 'made one',
    cure: 'load it into the kernel: modprobe veth',
  },
  {
    id: 'bridge',
    name: 'bridge',
    tool: 'ip',
    script: () => 'ip link add doctor0 type bridge',
    works: () => 'made one',
    cure: 'load it into the kernel: modprobe bridge',
  },
  {
    id: 'nat',
    name: 'NAT',
    script: () => natScript({ device: 'doctor0', subnet: '192.0.2.0/24' }),
    works: () => `with ${isInstalled('iptables') ? 'iptables' : 'nft'}`,
    cure: 'load it into the kernel: modprobe -a nf_nat nf_conntrack nft_masq xt_MASQUERADE xt_conntrack',
  },
  {
    id: 'forward',
    name: 'IP forwarding',
    script: () => `echo 1 >${IP_FORWARD}`,
    works: () => 'can be turned on',
    cure: `${IP_FORWARD} cannot be written to: run this on the machine itself, or in a container with --privileged`,
  },
]

const attempt = async (trial: Trial, canTry: boolean): Promise<Finding> => {
  const subject = { id: trial.id, name: trial.name, chapters: chaptersFrom(6) }
  if (!isRoot()) return unknown(subject, 'not tried: only root may')
  if (!canTry) return unknown(subject, 'not tried: there are no namespaces to try it in')
  if (trial.tool && !isInstalled(trial.tool))
    return unknown(
      subject,
      `not tried: there is no ${trial.tool} on PATH`,
      cureForMissing([trial.tool], 'it: "npm run setup"'),
    )
  try {
    const complaint = await complaintOf(trial.script())
    return complaint === undefined ? ok(subject, trial.works()) : missing(subject, complaint, trial.cure)
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    const { found, cure } = splitMessage(error)
    return missing(subject, found, cure)
  }
}

const now = async (): Promise<Finding> => {
  const value = (await readFile(IP_FORWARD, 'utf8').catch(() => '')).trim()
  const found =
    value === '1' ? 'on' : value === '0' ? 'off; chapter 06 turns it on while it needs it' : 'not to be read'
  return note('forward.now', 'IP forwarding now', found)
}

/**
 * Tries veth, bridge, NAT and forwarding.
 * @param place which namespaces there are to try them in
 */
export const network = async (place: { mnt: boolean; net: boolean }): Promise<Finding[]> => {
  const findings: Finding[] = []
  for (const trial of TRIALS) findings.push(await attempt(trial, place.mnt && place.net))
  return [...findings, await now()]
}
