import { describe, expect, test } from 'vitest'
import {
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  type LiveProcess,
  needs,
  ours,
  program,
  readProcess,
  scaled,
  startedBy,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { BOTH_KINDS, privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox')

/** Starts a shell that says when it is ready. */
const start = async (file: string, script: string): Promise<LiveProcess> => {
  const live = await program(file).on(place).start(['busybox', '/bin/sh', '-c', script])
  await live.stdout.waitFor('ready\n')
  return live
}

describe('init killed from the host (rows 2, 12)', () => {
  test.each(ROOTFS_PROGRAMS)('%s ends with 137 after SIGKILL and leaves no zombie', needed, async file => {
    const { starter, init } = await startShell(file, ['busybox'], { world: place })
    const started = startedBy(starter.pid)
    expect(started.map(({ pid }) => pid)).toContain(init)
    process.kill(init, 'SIGKILL')
    expect(await starter.exit()).toMatchObject({ code: 137, signal: null, stderr: '' })
    expect(started.flatMap(({ pid }) => readProcess(pid) ?? [])).toEqual([])
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGSEGV', 139],
    ['SIGUSR1', 138],
  ] as const)('%s is told as %i', needed, async (signal, code) => {
    // As process 1 of a namespace it would be spared what it has no handler for.
    const { starter, init } = await startShell('02-chroot/main.ts', ['busybox'])
    process.kill(init, signal)
    expect(await starter.exit()).toMatchObject({ code, signal: null, stderr: '' })
  })
})

describe.each(BOTH_KINDS)('%s (row 10)', file => {
  test.each(['TERM', 'HUP'] as const)('passes SIG%s on to init and ends as it does', needed, async name => {
    const live = await start(file, `trap 'echo told; exit 3' ${name}; echo ready; while :; do sleep 0.02; done`)
    live.kill(`SIG${name}`)
    expect(await live.exit()).toMatchObject({ stdout: 'ready\ntold\n', code: 3, signal: null, stderr: '' })
  })

  test('passes it on as often as it comes, and stays as long as init does', needed, async () => {
    const script = `trap 'n=$((n+1)); echo $n' TERM; echo ready; while [ "$n" != 3 ]; do sleep 0.02; done; exit 7`
    const live = await start(file, script)
    for (const count of ['1', '2', '3']) {
      live.kill('SIGTERM')
      await live.stdout.waitFor(`${count}\n`)
    }
    expect(await live.exit()).toMatchObject({ code: 7, stderr: '' })
  })

  test('leaves SIGINT to the foreground job and outlives it', needed, async () => {
    const live = await start(file, 'trap "echo interrupted" INT; echo ready; read line; exit 6')
    live.kill('SIGINT')
    live.kill('SIGQUIT')
    live.write('go on\n')
    expect(await live.exit()).toMatchObject({ stdout: 'ready\n', code: 6, stderr: '' })
  })
})

describe('the program is killed (row 11)', () => {
  test.each(ROOTFS_PROGRAMS)('%s takes its container with it', needed, async file => {
    const live = await program(file).on(place).start(['busybox', '/bin/sleep', '60'])
    const init = await initOf(live)
    live.kill('SIGKILL')
    await eventually(`the end of ${init}`, () => (isAlive(init) ? undefined : true))
    expect(await live.exit()).toMatchObject({ signal: 'SIGKILL' })
  })
})

describe('04-allns/main.ts: a signal for which process 1 has no handler', () => {
  test('is kept until it has one, and comes once', ours(needed), async () => {
    const text = `echo ready; sleep 1; trap 'n=$((n+1)); echo told $n' TERM; n=0; echo trapped; read line; exit 7`
    const live = await start('04-allns/main.ts', text)
    live.kill('SIGTERM')
    await live.stdout.waitFor('trapped\ntold 1\n')
    live.write('go on\n')
    expect(await live.exit()).toMatchObject({ code: 7, stderr: '' })
  })

  test('is told after ten seconds, and what is said to help does', ours(needed), async () => {
    const live = await start('04-allns/main.ts', 'echo ready; exec sleep 1000')
    live.kill('SIGTERM')
    await live.stderr.waitFor(/^skdocker: SIGTERM is lost on the command, .*: send it again, and SIGKILL follows\n/)
    live.kill('SIGTERM')
    const { stderr, code } = await live.exit()
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 137, lines: 3 })
  })

  test('does not come to nothing in the moment before the command begins', {
    ...ours(needed),
    timeout: scaled(120_000),
  }, async () => {
    for (let round = 0; round < 40; round++) {
      const text = "trap 'exit 3' TERM; while :; do sleep 0.02; done"
      const live = await program('04-allns/main.ts').on(place).start(['busybox', '/bin/sh', '-c', text])
      await initOf(live)
      live.kill('SIGTERM')
      expect(await live.exit(scaled(5000))).toMatchObject({ code: 3, signal: null, stderr: '' })
    }
  })
})
