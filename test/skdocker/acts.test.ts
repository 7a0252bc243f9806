/** The start of a container as a list: what is in it, in which order, by whom. No container and no root is needed. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Act, acts, type ChildAct, gatesIn, showChildCall } from '#skdocker/acts.ts'
import type { HostFacts } from '#skdocker/host-facts.ts'
import type { Plan } from '#skdocker/plan.ts'
import { repository } from '../harness/index.ts'

const ID = '0123456789ab'

const plan: Plan = {
  id: ID,
  name: 'busybox-0123',
  image: 'busybox',
  layers: ['top', 'bottom'],
  command: ['/bin/true'],
  hostname: 'duck',
  environment: { A: 'b' },
  workdir: '/',
  network: 'bridge',
  limits: {},
  autoRemove: false,
  detached: false,
}

const group = (mountPoint: string, version: 1 | 2) => ({
  version,
  mountPoint,
  path: `${mountPoint}/skdocker/${ID}`,
  limits: { pids: 2048 },
})

const facts: HostFacts = {
  home: '/home/you/workbook',
  limits: { pids: 2048 },
  cgroup: [group('/sys/fs/cgroup', 2)],
  terminal: undefined,
  resolvConf: 'nameserver 192.0.2.53\n',
  hasBridge: false,
  forwards: false,
  cleanup: ['node', 'skdocker.js', 'cleanup', ID],
}

/** An act in a few words. */
const brief = (act: Act): string =>
  act.by === 'parent' ? `parent ${act.does}` : `child ${act.descriptor ?? ''}${act.step.call}`

const isChild = (act: Act): act is ChildAct => act.by === 'child'
const showChildCalls = (list: readonly Act[]): string[] => list.filter(isChild).map(showChildCall)

/** What is done until the child is in its root. */
const beginning = (list: readonly Act[]): string[] =>
  list.slice(0, list.findIndex(act => isChild(act) && act.step.call === 'mount') + 1).map(brief)

const FILES = ['parent write', 'parent write', 'parent write', 'parent write']
const PROCS = `/sys/fs/cgroup/skdocker/${ID}/cgroup.procs`
const MIDDLE = ['parent connectNetwork', 'parent recordInit', 'child mount']

describe('the list of a start', () => {
  test('has the host changed before the child goes on, and the child in its group before that', () => {
    expect(beginning(acts(plan, facts))).toEqual([
      ...FILES,
      'parent makeCgroup',
      'parent open',
      'child prctl',
      `child ${PROCS}write`,
      ...MIDDLE,
    ])
  })

  test('is the same for a detached container, but for its output and who it dies with', () => {
    const detached = acts({ ...plan, detached: true }, facts)
    expect(beginning(detached)).toEqual([
      ...FILES,
      'parent open',
      'parent open',
      'parent open',
      'parent makeCgroup',
      'parent open',
      'child nulldup3',
      'child logdup3',
      'child logdup3',
      `child ${PROCS}write`,
      ...MIDDLE,
    ])
    const rest = (list: readonly Act[]) =>
      list.slice(list.findIndex(act => !isChild(act) && act.does === 'recordInit'))
    expect(rest(detached)).toEqual(rest(acts(plan, facts)))
  })

  test('has one gate, where the child goes on after the parent, and none where the child is born', () => {
    const list = acts(plan, facts)
    expect(gatesIn(list)).toEqual([
      { before: list.findIndex(act => isChild(act) && act.step.call === 'mount'), name: 'recordInit' },
    ])
    const [write, , , , , open, prctl, ...others] = list as [Act, Act, Act, Act, Act, Act, Act, ...Act[]]
    const child = others.filter(isChild)[1] as Act
    expect(gatesIn([write, prctl, child])).toEqual([])
    expect(gatesIn([write, prctl, open, child, child, write, child])).toEqual([
      { before: 3, name: 'open' },
      { before: 6, name: 'write' },
    ])
  })

  test('opens every descriptor that the child names before the child is born', () => {
    for (const detached of [false, true]) {
      const list = acts({ ...plan, detached }, { ...facts, cgroup: [group('/a', 1), group('/b', 1)] })
      const before = list.slice(0, list.findIndex(isChild))
      const opened = before.flatMap(act => (act.by === 'parent' && act.does === 'open' ? act.descriptor : []))
      const named = list.filter(isChild).flatMap(({ descriptor }) => descriptor ?? [])
      expect(opened).toEqual(expect.arrayContaining(named))
      expect(named).toEqual(
        expect.arrayContaining([`/a/skdocker/${ID}/cgroup.procs`, `/b/skdocker/${ID}/cgroup.procs`]),
      )
    }
  })

  test('names for every change of the host what undoes it', () => {
    const undone = acts(plan, facts).flatMap(act => ('undoneBy' in act ? act.undoneBy : []))
    expect(undone).toEqual(['removeCgroup', 'disconnectNetwork', 'recordEnd'])
  })

  test('ends with the command, in the environment of the plan', () => {
    const last = showChildCalls(acts(plan, { ...facts, terminal: { path: '/dev/pts/7', kind: 'vt100' } })).at(-2)
    expect(last).toMatch(/^execve\("\/bin\/true", \["\/bin\/true"\], \[.*"HOSTNAME=duck".*"TERM=vt100","A=b"\]\)$/)
  })

  test('names chapters that are there', () => {
    const chapters = new Set(acts(plan, facts).map(({ chapter }) => chapter))
    expect([...chapters]).toContain('07-unionfs')
    const folder = (name: string) => join(repository, /^\d/.test(name) ? `chapters/${name}` : name, 'README.md')
    expect([...chapters].filter(chapter => !existsSync(folder(chapter)))).toEqual([])
  })
})
