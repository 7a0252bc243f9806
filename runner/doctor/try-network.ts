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
import { findForeignFirewalls } from '#parts/network/obstacles.ts'
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

// The host's end of a cable has the first address, and nobody outside knows the way back to 192.0.2.0/24. The addresses
// are set aside for documentation (RFC 5737).
const INSIDE = '192.0.2'
const OUTSIDE = '198.51.100'

// Nobody listens outside: the kernel there refuses the connection, and that answer has to find its way back.
const KNOCK = `
  require('net').connect(9, '${OUTSIDE}.2').on('error', ({ code }) => process.exit(code === 'ECONNREFUSED' ? 0 : 1))
  setTimeout(() => { console.error('what one namespace sent to another was lost on the way'); process.exit(1) }, 2000)`

/** A container's namespace, a bridge, a router, and a namespace beyond. */
const sendPacket = (): string => `
  ip netns add inside; ip netns add outside
  ip link add doctor0 type bridge
  ip link add port0 master doctor0 type veth peer name eth0 netns inside
  ip link add way0 type veth peer name eth0 netns outside
  ip address add ${INSIDE}.1/24 dev doctor0; ip address add ${OUTSIDE}.1/24 dev way0
  for device in doctor0 port0 way0; do ip link set $device up; done
  ip -n inside address add ${INSIDE}.2/24 dev eth0; ip -n inside link set eth0 up
  ip -n inside route add default via ${INSIDE}.1
  ip -n outside address add ${OUTSIDE}.2/24 dev eth0; ip -n outside link set eth0 up
  echo 1 >${IP_FORWARD}
  ${natScript({ device: 'doctor0', subnet: `${INSIDE}.0/24` })}
  ip netns exec inside '${process.execPath}' -e "${KNOCK}"`

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
  {
    id: 'packet',
    name: 'a packet, by NAT',
    tool: 'ip',
    script: sendPacket,
    works: () => 'came through and was answered',
    cure: 'what is missing above comes first; the kernel may lack nf_conntrack: modprobe -a nf_conntrack nf_nat',
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

const FIREWALLS = { id: 'firewalls', name: 'other firewalls', chapters: chaptersFrom(6) }

/** What has rules on this very host that would drop what containers send. */
const firewalls = async (): Promise<Finding> => {
  if (!isRoot()) return unknown(FIREWALLS, 'not tried: only root may')
  if (!isInstalled('nft')) return note(FIREWALLS.id, FIREWALLS.name, 'not looked at: there is no nft on PATH')
  const [first] = await findForeignFirewalls()
  return first ? missing(FIREWALLS, first.what, first.cure) : ok(FIREWALLS, 'none drops what containers send')
}

/**
 * Tries veth, bridge, NAT and forwarding, and sends a packet by all of them.
 * @param place which namespaces there are to try them in
 */
export const network = async (place: { mnt: boolean; net: boolean }): Promise<Finding[]> => {
  const findings: Finding[] = []
  for (const trial of TRIALS) findings.push(await attempt(trial, place.mnt && place.net))
  return [...findings, await firewalls(), await now()]
}
