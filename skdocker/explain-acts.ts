/** Prints the acts of a container's start and of its end, each with the chapter that explains it. Nothing is done. */

import { existsSync } from 'node:fs'
import { namedFlags } from '#native/argument.ts'
import { cleanStart } from '#native/clean-start.ts'
import { CLONE } from '#native/linux.ts'
import {
  controllersOf,
  LIMITS,
  type Limit,
  type LimitedGroup,
  type Setting,
  settings,
} from '#parts/cgroup/limits.ts'
import { findHandingDown, parentGroupOf, showHandingDown, showTakingBack } from '#parts/cgroup/parent-group.ts'
import { BRIDGE } from '#parts/network/bridge.ts'
import { IP_FORWARD, ipForwardAlias } from '#parts/network/ip-forward.ts'
import { natRemovalScript, natScript } from '#parts/network/nat.ts'
import { type Act, acts, type Chapter, gatesIn, namespacesOf, showChildCall, showParentCall } from './acts.ts'
import { showEnd, UNDO_ORDER } from './end-container.ts'
import type { HostFacts } from './host-facts.ts'
import type { Plan, Request } from './plan.ts'

/** This stands in the place of the container's id, which nobody can know before. It has as many letters as a real id. */
const CONTAINER_ID = 'CONTAINER_ID'

/** Who does something, the call or command, and where it is explained. */
export type Line = { readonly who: string; readonly call: string; readonly chapter: Chapter }

/** The plan of a container that will never be made. */
export const planWithPlaceholders = (request: Request): Plan => ({
  name: CONTAINER_ID,
  hostname: CONTAINER_ID,
  ...request,
  id: CONTAINER_ID,
})

const limitsOf = ({ limits }: LimitedGroup): [Limit, number][] =>
  LIMITS.flatMap(limit => (limits[limit] === undefined ? [] : [[limit, limits[limit]]]))

const isWritten = ({ version, mountPoint }: LimitedGroup, { file, optional }: Setting): boolean =>
  !optional || version === 2 || existsSync(`${mountPoint}/${file}`)

const handingDown = (group: LimitedGroup) => findHandingDown(group, controllersOf(group.limits))

const cgroupCalls = ({ cgroup }: HostFacts): string[] =>
  cgroup.flatMap(group => [
    `mkdir("${parentGroupOf(group)}")`,
    ...handingDown(group).flatMap(each => showHandingDown(group, each)),
    `mkdir("${group.path}")`,
    ...limitsOf(group)
      .flatMap(([limit, value]) => settings(group.version, limit, value))
      .filter(setting => isWritten(group, setting))
      .map(({ file, value }) => `write("${group.path}/${file}", "${value}")`),
  ])

const bridgeCalls = ({ forwards }: HostFacts): string[] => {
  const [rule = ''] =
    /-A .*MASQUERADE|ip saddr.*masquerade/.exec(natScript({ device: BRIDGE, subnet: 'SUBNET' })) ?? []
  return [
    `ip link add ${BRIDGE} address BRIDGE_HARDWARE_ADDRESS type bridge`,
    `ip link set ${BRIDGE} alias "${ipForwardAlias(forwards ? '1' : '0')}, made by a run"`,
    `ip address replace GATEWAY/PREFIX broadcast + dev ${BRIDGE}`,
    `ip link set ${BRIDGE} up`,
    ...(forwards ? [] : [`write("${IP_FORWARD}", "1")`]),
    `sh -euc "… ${rule} …"`,
  ]
}

const inNetworkOfContainer = (command: string): string => `nsenter -t PID -n ip ${command}`

const networkCalls = ({ network }: Plan, facts: HostFacts): string[] => {
  if (network === 'host') return []
  if (network === 'none') return [inNetworkOfContainer('link set lo up')]
  return [
    ...(facts.hasBridge ? [] : bridgeCalls(facts)),
    'ip link add DEVICE type veth peer name eth0 address HARDWARE_ADDRESS netns PID',
    `ip link set DEVICE master ${BRIDGE} alias ADDRESS up`,
    inNetworkOfContainer('link set lo up'),
    inNetworkOfContainer('address add ADDRESS/PREFIX broadcast + dev eth0'),
    inNetworkOfContainer('link set eth0 up'),
    inNetworkOfContainer('route add default via GATEWAY'),
  ]
}

const callsOf = (act: Act, plan: Plan, facts: HostFacts): readonly string[] => {
  if (act.by === 'child') return [showChildCall(act)]
  if (act.does === 'makeCgroup') return cgroupCalls(facts)
  return act.does === 'connectNetwork' ? networkCalls(plan, facts) : [showParentCall(act, plan)]
}

/** The undoing of a change, by the name that its act gives. */
const undoCalls = {
  removeCgroup: (_: Plan, { cgroup }: HostFacts) =>
    cgroup.flatMap(group => [
      `rmdir("${group.path}")`,
      ...handingDown(group).flatMap(each => showTakingBack(group, each)),
    ]),
  recordEnd: (plan: Plan) => [showEnd(plan)],
  disconnectNetwork: ({ network }: Plan, { hasBridge, forwards }: HostFacts) => {
    if (network !== 'bridge' || hasBridge) return []
    const [rule = ''] = /-X SKDOCKER[^' ]*|nft delete table[^;]*/.exec(natRemovalScript(BRIDGE)) ?? []
    return [
      `sh -euc "… ${rule} …"`,
      ...(forwards ? [] : [`write("${IP_FORWARD}", "0")`]),
      `ip link delete ${BRIDGE}`,
    ]
  },
} as const

const undoLines = (list: readonly Act[], who: string, plan: Plan, facts: HostFacts): Line[] =>
  UNDO_ORDER.flatMap(undo => {
    const act = list.find(each => each.by === 'parent' && 'undoneBy' in each && each.undoneBy === undo)
    return act ? undoCalls[undo](plan, facts).map(call => ({ who, call, chapter: act.chapter })) : []
  })

const birthLines = (plan: Plan): Line[] => {
  const call = `clone(child, ${namedFlags(namespacesOf(plan), CLONE).text}|SIGCHLD) = PID`
  if (!plan.detached) return [{ who: 'parent', call, chapter: '04-allns' }]
  return [
    { who: 'parent', call: `clone(shim, SIGCHLD)`, chapter: 'skdocker' },
    { who: 'shim', call, chapter: '04-allns' },
  ]
}

const endLines = (list: readonly Act[], plan: Plan, facts: HostFacts): Line[] => {
  if (!plan.detached)
    return [{ who: 'parent', call: 'waitpid(PID)', chapter: '01-shell' }, ...undoLines(list, 'parent', plan, facts)]
  return [
    { who: 'shim', call: 'wait4(-1)', chapter: '01-shell' },
    { who: 'shim', call: 'pwrite64(status)', chapter: 'skdocker' },
    {
      who: 'shim',
      call: `execve(${JSON.stringify(facts.cleanup[0])}, ${JSON.stringify(facts.cleanup)})`,
      chapter: 'skdocker',
    },
    ...undoLines(list, 'cleanup', plan, facts),
  ]
}

/** The lines of a gate, at which the child waits until the parent has done something. */
export const gateLines = (name: string): Line[] => [
  { who: 'parent', call: `write(gate ${name}, ".")`, chapter: '06-net' },
  { who: 'child', call: `close(gate ${name}, the parent's end)`, chapter: '06-net' },
  { who: 'child', call: `read(gate ${name}, <1 bytes>, 1)`, chapter: '06-net' },
]

/** One line for the steps of cleanStart(), which are too many to be shown one by one. */
const cleanStartLine = (): Line => {
  const names = [...new Set(cleanStart().map(({ call }) => call))]
  return { who: 'child', call: names.map(name => `${name}(…)`).join(', '), chapter: 'native' }
}

/** The acts of a container's life, line by line. Throws ProgramError for what could not be started either. */
export const explainActs = (plan: Plan, facts: HostFacts): Line[] => {
  const list = acts(plan, facts)
  const gates = gatesIn(list)
  const born = list.findIndex(({ by }) => by === 'child')
  const command = list.findIndex(act => act.by === 'child' && act.step.call === 'execve')
  const lines = list.flatMap((act, index): Line[] => {
    // faccessat(2) only tells why a command could not be started, so it is left out.
    if (act.by === 'child' && act.step.call === 'faccessat') return []
    return [
      ...(index === born ? birthLines(plan) : []),
      ...gates.filter(({ before }) => before === index).flatMap(({ name }) => gateLines(name)),
      ...(index === command ? [cleanStartLine()] : []),
      ...callsOf(act, plan, facts).map(call => ({ who: act.by, call, chapter: act.chapter })),
    ]
  })
  return [...lines, ...endLines(list, plan, facts)]
}

const WIDTH = 64 // of most calls

/** A table of lines: who, the call or command, and the chapter that explains it. */
export const showLines = (lines: readonly Line[]): string =>
  lines.map(({ who, call, chapter }) => `${who.padEnd(8)}${call.padEnd(WIDTH)} → ${chapter}`).join('\n')
