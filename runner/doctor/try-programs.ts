/** The calls of the chapters' programs that a machine refuses now and then although it lets namespaces be made. */

import { closeSync, constants, openSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, mount, open, type Step, setns } from '#native/steps.ts'
import { mountDevices } from '#parts/rootfs/devices.ts'
import { isRoot } from '../is-root.ts'
import { chaptersFrom, type Finding, missing, ok, type Subject, splitMessage, unknown } from './finding.ts'
import { whyRefused } from './try-steps.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const ALL_FIVE = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC

const isolated = mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE)
const proc = mount('proc', '/proc', 'proc')

const carryOut = async (namespaces: number, ...steps: Step[]): Promise<void> => {
  const error = await whyRefused(steps, namespaces)
  if (error) throw error
}

// The tools of chapter 06 are started by way of the network that the program is in.
const enterNetwork = async (): Promise<void> => {
  const own = openSync('/proc/self/ns/net', 'r')
  try {
    await carryOut(0, setns(own, CLONE_NEWNET))
  } finally {
    closeSync(own)
  }
}

type Trial = Subject & {
  /** Throws ProgramError when it is refused. */
  readonly attempt: () => Promise<void>
  readonly works: string
}

const TRIALS: readonly Trial[] = [
  {
    id: 'chroot',
    name: 'another root directory',
    chapters: chaptersFrom(2),
    attempt: () => carryOut(0, chroot('/'), chdir('/')),
    works: 'went into one',
  },
  {
    id: 'proc',
    name: '/proc of these processes',
    chapters: [3],
    attempt: () => carryOut(CLONE_NEWNS, isolated, proc),
    works: 'mounted one',
  },
  {
    id: 'proc.own',
    name: '/proc of a container',
    chapters: chaptersFrom(4),
    attempt: () => carryOut(ALL_FIVE, isolated, proc),
    works: 'mounted one',
  },
  {
    id: 'network.own',
    name: 'network of this system',
    chapters: chaptersFrom(6),
    attempt: enterNetwork,
    works: 'may be changed',
  },
  {
    id: 'devices',
    name: '/dev of a container',
    chapters: chaptersFrom(7),
    attempt: () => carryOut(CLONE_NEWNS, isolated, ...mountDevices(), open('/dev/null', constants.O_RDWR)),
    works: 'filled one',
  },
]

const look = async ({ attempt, works, ...subject }: Trial): Promise<Finding> => {
  if (!isRoot()) return unknown(subject, 'not tried: only root may')
  try {
    await attempt()
    return ok(subject, works)
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    const { found, cure } = splitMessage(error)
    return missing(subject, found, cure)
  }
}

/** Tries these calls, each in a child of its own. */
export const programs = async (): Promise<Finding[]> => {
  const findings: Finding[] = []
  for (const trial of TRIALS) findings.push(await look(trial))
  return findings
}
