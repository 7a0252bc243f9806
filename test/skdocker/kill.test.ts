import { chmodSync, closeSync, existsSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { lockFile } from '#native/file-lock.ts'
import { identifyProcess, type ProcessIdentity } from '#native/process-state.ts'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import {
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  mountinfo,
  openDescriptors,
  readProcess,
  repository,
  scaled,
  sleep,
  typescript,
} from '../harness/index.ts'
import {
  complaint,
  groups,
  machine,
  needsSkdocker,
  newHome,
  onMachine,
  Skdocker,
  script,
  sharedMachine,
  unplugged,
} from './little-host.ts'

const skdocker = new Skdocker(newHome())
const { home } = skdocker

const nothingLeft = async () => {
  await unplugged()
  await skdocker.out('ps')
  expect(skdocker.files().containers).toEqual([])
  expect(skdocker.files().layers.filter(name => name.includes('.half'))).toEqual([])
  expect(await onMachine('ip -o link')).not.toMatch(/skdocker0|veth/)
  expect(groups()).toEqual([])
}

hostUnchanged(machine, sharedMachine)

describe('SIGKILL of the program that started the container (row 11)', needsSkdocker, () => {
  test('a foreground container dies with it, and the next command puts away what it had', async () => {
    // The command must not end with its input, because its input ends with the starter.
    const start = (...options: string[]) =>
      skdocker.start(['run', ...options, 'busybox', ...script('echo started; exec sleep 1000')])
    const [kept, removed] = await Promise.all([start('--name', 'kept'), start('--rm')])
    for (const live of [kept, removed]) await live.stdout.waitFor('started')
    const inits = await Promise.all([initOf(kept), initOf(removed)])
    for (const live of [kept, removed]) live.kill('SIGKILL')
    for (const init of inits) await eventually(`the end of ${init}`, () => !isAlive(init) || undefined)
    await unplugged()
    expect(await skdocker.containers()).toEqual({ kept: expect.objectContaining({ state: 'exited' }) })
    expect((await skdocker.containers()).kept).not.toHaveProperty('exitCode')
    expect(await skdocker.out('ps', '-a')).toMatch(/exited \(unknown\)/)
    await skdocker.out('rm', 'kept')
    await nothingLeft()
  })

  test('a detached one lives on, and can be stopped and removed; so it can when its shim was killed', async () => {
    await Promise.all(
      ['one', 'two'].map(name => skdocker.out('run', '-d', '--name', name, 'busybox', 'sleep', '1000')),
    )
    const { one, two } = await skdocker.containers()
    expect([one!.state, two!.state]).toEqual(['running', 'running'])
    expect(one!.address).not.toBe(two!.address)
    const shim = readProcess(two!.init!.pid)!.ppid
    process.kill(shim, 'SIGKILL')
    await eventually('the end of the shim', () => !isAlive(shim) || undefined)
    expect((await skdocker.containers()).two!.state).toBe('running')
    await Promise.all([skdocker.out('stop', '-t', '0', 'one'), skdocker.out('rm', '-f', 'two')])
    await skdocker.out('rm', 'one')
    await nothingLeft()
  })

  test('a host whose / is shared: its mounts are as before, after an end and after a kill; later ones stay where they are (rows 22, 23)', async () => {
    const shared = new Skdocker(home, sharedMachine)
    expect(await shared.out('run', '--rm', 'busybox', 'echo', 'hi')).toBe('hi')
    const live = await shared.waiting('--rm', '--name', 'one')
    const init = await initOf(live)
    await shared.out('exec', 'one', 'mount', '-t', 'tmpfs', 'inner', '/tmp')
    const merged = `${home}/containers/${(await shared.containers()).one!.id}/merged`
    await onMachine(`mount -t tmpfs outer ${merged}`, sharedMachine)
    const sources = (pid: number) => mountinfo(pid).map(({ source }) => source)
    expect(sources(init)).toContain('inner')
    expect(sources(init)).not.toContain('outer')
    expect(sources(await sharedMachine.pid())).not.toContain('inner')
    await onMachine(`umount ${merged}`, sharedMachine)
    live.kill('SIGKILL')
    await live.exit()
    await unplugged(sharedMachine)
    await shared.out('ps')
  })
})

// Other moments on a machine of another speed, but always many.
const moments = (count: number, last: number) =>
  Array.from({ length: count }, (_, index) => scaled(80 + ((last - 80) * index) / (count - 1)))

const killedAt = async (moment: number, args: readonly string[]): Promise<void> => {
  const live = await skdocker.start(args)
  await sleep(moment)
  live.kill('SIGKILL')
  await live.exit()
}

describe('SIGKILL at any moment', needsSkdocker, () => {
  test('of run, and the next command finds nothing half done', { timeout: scaled(120_000) }, async () => {
    for (const moment of moments(10, 1200)) {
      await killedAt(moment, ['run', '--rm', 'busybox', ...script('echo ran; sleep 0.2')])
      for (const { state } of Object.values(await skdocker.containers())) expect(state).not.toBe('running')
      expect(skdocker.files().containers).toEqual([])
    }
    await nothingLeft()
  })

  test('of run -d: it runs, or it does not', { timeout: scaled(120_000) }, async () => {
    await Promise.all(moments(8, 1300).map(moment => killedAt(moment, ['run', '-d', 'busybox', 'sleep', '1000'])))
    const all = Object.values(await skdocker.containers())
    for (const { state, init } of all) if (state === 'running') expect(isAlive(init!.pid)).toBe(true)
    if (all.length > 0) await skdocker.out('rm', '-f', ...all.map(({ id }) => id))
    await eventually('the end of the last shim', () => groups().length === 0 || undefined)
    await nothingLeft()
  })

  test('of rm: it is there, or it is not', { timeout: scaled(120_000) }, async () => {
    const fill = 'mkdir /d; cd /d; i=0; while [ $i -lt 3000 ]; do : >$i; i=$((i+1)); done'
    const run = (index: number) =>
      skdocker.run(['run', '--network', 'none', '--name', `n${index}`, 'busybox', ...script(fill)])
    const times = moments(6, 1000)
    await Promise.all(times.map((_, index) => run(index)))
    await Promise.all(times.map((moment, index) => killedAt(moment, ['rm', `n${index}`])))
    const left = Object.keys(await skdocker.containers())
    expect(skdocker.files().containers).toHaveLength(left.length)
    if (left.length > 0) await skdocker.out('rm', ...left)
    await nothingLeft()
  })
})

/** Nothing of a container on the host; its files are the next command's to remove. Does not run skdocker, which would put away. */
const nothingOnHost = async () => {
  expect(groups()).toEqual([])
  expect(await onMachine('ip -o link')).not.toMatch(/skdocker0|veth/)
}

/** Who tries to lock a file has it open. */
const waitsForLock = ({ pid }: { pid: number }, file: string) =>
  eventually(
    `${pid} to wait for the lock of ${file}`,
    () => openDescriptors(pid).some(({ target }) => target === file) || undefined,
  )

describe('told to end (row 10)', needsSkdocker, () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('by %s before there is a command: there is none, and nothing is left', async (signal, code) => {
    // Of hierarchies of its own the kind of limit that comes last is made last.
    const path = hierarchyOf('pids').mountPoint
    const held = lockFile(path)
    const live = await skdocker.start(['run', '--rm', '--memory', '64m', 'busybox', ...script('echo ran')])
    await waitsForLock(live, path)
    live.kill(signal)
    await sleep(20)
    closeSync(held)
    const result = await live.exit()
    expect(complaint(result)).toBe(`${code} skdocker: ${signal} came before the container's command began`)
    await nothingOnHost()
    expect(skdocker.files().containers).toEqual([])
  })

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)(
    'by %s while it puts away: it does so to the end',
    async signal => {
      const live = await skdocker.waiting('--rm')
      const path = `/proc/${await machine.pid()}/ns/net`
      const held = lockFile(path)
      live.endInput()
      await waitsForLock(live, readlinkSync(path))
      live.kill(signal)
      await sleep(20)
      closeSync(held)
      expect(await live.exit()).toMatchObject({ code: 0, signal: null, stderr: '' })
      await nothingOnHost()
    },
  )

  test('and so are the tools by which it puts away: it tries again', async () => {
    const live = await skdocker.start(['run', '--rm', 'busybox', ...script('echo started; cat')], {
      env: { PATH: `${struckIp()}:${process.env.PATH}` },
    })
    await live.stdout.waitFor('started')
    live.endInput()
    expect(await live.exit()).toMatchObject({ code: 0, signal: null, stderr: '' })
    await nothingOnHost()
  })

  test('at any moment, as often as it takes', { timeout: scaled(120_000) }, async () => {
    const text = "trap 'exit 3' TERM; while :; do sleep 0.02; done"
    for (const moment of moments(10, 900)) {
      const live = await skdocker.start(['run', '--rm', 'busybox', ...script(text)])
      await sleep(moment)
      const end = live.exit(scaled(20_000))
      let ended = false
      void end.then(() => (ended = true))
      // The command does not hear it before it has said that it wants to.
      while (!ended) {
        live.kill('SIGTERM')
        await sleep(50)
      }
      await end
      await nothingOnHost()
    }
    await nothingLeft()
  })
})

/** A directory with an ip(8) that is ended as by Ctrl-C when it is to delete a link, the first time. */
const struckIp = (): string => {
  const directory = join(home, 'bin')
  mkdirSync(directory, { recursive: true })
  const ip = `#!/bin/sh
    input=$(cat)
    case $input in 'link delete'*) [ -e "$0.struck" ] || { : >"$0.struck"; kill -INT $$; } ;; esac
    printf '%s\\n' "$input" | PATH=\${PATH#*:} ip "$@"`
  writeFileSync(join(directory, 'ip'), ip)
  chmodSync(join(directory, 'ip'), 0o755)
  return directory
}

describe('the next command (row 43)', needsSkdocker, () => {
  const half = (name: string, starter: ProcessIdentity): string => {
    const path = join(home, 'containers', name)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'state.json'), JSON.stringify({ starter }))
    return path
  }

  test('removes what was half made or half removed, unless somebody is still at it', async () => {
    const [dead, alive] = [
      half('.aaaaaaaaaaaa', { ...identifyProcess(process.pid), started: '1' }),
      half('.bbbbbbbbbbbb', identifyProcess(process.pid)),
    ]
    const empty = join(home, 'containers/.cccccccccccc')
    mkdirSync(empty)
    await skdocker.out('ps')
    expect([dead, empty, alive].map(existsSync)).toEqual([false, false, true])
    rmSync(alive, { recursive: true })
  })

  test('removes the cgroups of containers that are gone, but not those of a living process', async () => {
    const holder = typescript(join(repository, 'test/chapters/05-cgroup-holder.ts'))
    const [gone, living] = ['0123456789ab', `${process.pid}`]
    onTestFinished(() => removeCgroup(findCgroup(living!)))
    await Promise.all([gone, living].map(name => holder.run([name!])))
    expect(groups().sort()).toEqual([gone, living].sort())
    await skdocker.out('ps')
    expect(groups()).toEqual([living])
  })
})

/** Whoever has waited for long says so, which on a busy machine is nothing to wonder at. */
const withoutWaits = (stderr: string): string => stderr.replace(/^skdocker: waiting for .*\n/gm, '')

describe('many at once (row 48)', needsSkdocker, () => {
  const COUNT = Number(process.env.SKDOCKER_PARALLEL ?? 50)
  const PATIENCE = scaled(120_000)

  test(`${COUNT} have as many addresses, and nothing is left (rows 39 and 40)`, {
    timeout: 2 * PATIENCE,
  }, async () => {
    const text = 'ip -4 -o address show eth0; cat'
    const all = await Promise.all(
      Array.from({ length: COUNT }, () => skdocker.start(['run', '--rm', 'busybox', ...script(text)])),
    )
    const addresses = await Promise.all(
      all.map(async live => (await live.stdout.waitFor(/inet ([\d.]+)/, PATIENCE))[1]),
    )
    expect(new Set(addresses).size).toBe(COUNT)
    for (const live of all) live.endInput()
    const results = await Promise.all(all.map(live => live.exit(PATIENCE)))
    expect(results.map(({ code, stderr }) => ({ code, stderr: withoutWaits(stderr) }))).toEqual(
      Array(COUNT).fill({ code: 0, stderr: '' }),
    )
    await nothingLeft()
  })

  test('many hands on one container: one does it, the others are told, or find it done', async () => {
    await skdocker.out('run', '-d', '--name', 'one', 'busybox', 'sleep', '1000')
    const stops = await Promise.all(Array.from({ length: 4 }, () => skdocker.run(['stop', '-t', '0', 'one'])))
    expect(stops).toMatchObject(Array(4).fill({ code: 0, stderr: '' }))
    const execs = await Promise.all(
      Array.from({ length: 3 }, () => skdocker.run(['exec', 'one', ...script('echo ran; sleep 2')])),
    )
    for (const { code, stdout, stderr } of execs)
      if (code === 125) expect(stderr).toMatch(/^skdocker: container \w+ is in use already/)
      // Who has joined another's container ends with that.
      else expect({ code, stdout, stderr }).toEqual({ code: code === 137 ? 137 : 0, stdout: 'ran\n', stderr: '' })
    expect(execs.some(({ code }) => code === 0)).toBe(true)
    const removals = await Promise.all(Array.from({ length: 4 }, () => skdocker.run(['rm', '-f', 'one'])))
    expect(removals.some(({ code }) => code === 0)).toBe(true)
    for (const result of removals) if (result.code !== 0) expect(complaint(result)).toMatch(/no container "one"/)
    await nothingLeft()
  })
})
