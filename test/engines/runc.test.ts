/** The course says that Docker's containers are made as ours are: runc, which makes them, is held against that. */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  freshRootfs,
  hostUnchanged,
  type LiveProcess,
  mountinfo,
  namespaces,
  needs,
  program,
  repository,
  startedBy,
  status,
  typescript,
} from '../harness/index.ts'

hostUnchanged()

const SCRIPT = ['/bin/sh', '-c', 'echo ready; cat']

/** The types of namespaces that a process does not share with us. */
const own = (pid: number): string[] => {
  const [its, ours] = [namespaces(pid), namespaces()]
  return Object.entries(its)
    .filter(([type, name]) => !type.endsWith('_for_children') && name !== ours[type as keyof typeof ours])
    .map(([type]) => type)
}

const isProcess1 = (pid: number): boolean => /\s1$/.test(status(pid).NSpid ?? '')

/** The container's process 1, once its command has begun. */
const processOneOf = async (runtime: LiveProcess): Promise<number> => {
  await runtime.stdout.waitFor('ready')
  return eventually(
    'process 1 of the container',
    () => startedBy(runtime.pid).find(({ pid }) => isProcess1(pid))?.pid,
  )
}

/** A bundle of runc's with busybox in it, made by its own `runc spec`; only the command is another. */
const startRunc = async (): Promise<LiveProcess> => {
  const bundle = dirname(await freshRootfs())
  await command('runc', 'spec').run(['--bundle', bundle])
  const file = join(bundle, 'config.json')
  const config = JSON.parse(readFileSync(file, 'utf8'))
  Object.assign(config.process, { terminal: false, args: SCRIPT })
  writeFileSync(file, JSON.stringify(config))
  return command('runc', '--root', join(bundle, 'state')).start(['run', '--bundle', bundle, 'beside'])
}

const end = async (runtime: LiveProcess): Promise<void> => {
  runtime.endInput()
  expect((await runtime.exit()).code).toBe(0)
}

describe('a container of runc', needs('root', 'busybox', 'runc'), () => {
  test('has the namespaces of 04-allns/main.ts', async () => {
    const [theirs, ours] = [await startRunc(), await program('04-allns/main.ts').start(['busybox', ...SCRIPT])]
    const [itsInit, ourInit] = [await processOneOf(theirs), await processOneOf(ours)]
    expect(own(itsInit)).toEqual(expect.arrayContaining(own(ourInit)))
    expect(own(ourInit)).toEqual(expect.arrayContaining(['ipc', 'mnt', 'net', 'pid', 'uts']))
    await Promise.all([end(theirs), end(ours)])
  })

  test('keeps its mounts to itself, as the text of 04 has it', async () => {
    const theirs = await startRunc()
    const shared = mountinfo(await processOneOf(theirs)).filter(({ propagation }) =>
      propagation.some(word => word.startsWith('shared:')),
    )
    expect(shared).toEqual([])
    await end(theirs)
  })

  test('is seen by xray as one of ours is', async () => {
    const theirs = await startRunc()
    const init = await processOneOf(theirs)
    const { stdout } = await typescript(join(repository, 'runner.ts')).run(['xray', String(init), '--json'])
    const { containers } = JSON.parse(stdout)
    expect(containers).toEqual([expect.objectContaining({ pid: init, own: expect.arrayContaining(own(init)) })])
    const [{ root, processes, cgroup }] = containers
    expect(root.isOwn).toBe(true)
    expect(processes[0]).toMatchObject({ pid: init, inside: [1] })
    expect(cgroup.paths.join()).toContain('beside')
    expect(cgroup.use.pids).toBeGreaterThan(0)
    await end(theirs)
  })
})
