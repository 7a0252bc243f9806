import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import {
  command,
  eventually,
  hostUnchanged,
  isAlive,
  ourProgram,
  readProcess,
  scaled,
  sleep,
} from '../harness/index.ts'
import { groups, machine, needsSkdocker, newHome, onMachine, Skdocker, script, unplugged } from './little-host.ts'

const skdocker = new Skdocker(newHome())
const { home } = skdocker

hostUnchanged(machine)

const nothingLeft = async () => {
  await skdocker.out('ps')
  expect(skdocker.files().containers).toEqual([])
  expect(groups()).toEqual([])
  await unplugged()
  expect(await onMachine('ip -o link')).not.toContain('skdocker0')
}

describe('a run whose reader has gone ends quietly, with nothing left (row 56)', needsSkdocker, () => {
  /** Each line of a pipeline's exit codes: the program's, and its reader's. */
  const piped = async (line: string, lines: number): Promise<string> => {
    const pipeline = `set +e; ${line} 2>&1 | head -n ${lines} >/dev/null; echo "\${PIPESTATUS[@]}"`
    const { stdout } = await command('bash', '-c', pipeline)
      .on(machine)
      .run([], { env: { SKDOCKER_HOME: home }, timeout: scaled(60_000) })
    return stdout.trim()
  }

  test.each([0, 3, 30, 60, 150])('--trace, after %i lines; and the next one runs', async lines => {
    const line = skdocker.line(['--trace', 'run', '--rm', 'busybox', ...script('sleep 1')])
    expect(await piped(line, lines)).toBe('141 0')
    expect(await skdocker.out('run', '--rm', 'busybox', 'echo', 'ran')).toBe('ran')
    await nothingLeft()
  })

  test('so does one that is detached', async () => {
    expect(await piped(skdocker.line(['--trace', 'run', '-d', 'busybox', 'sleep', '1000']), 3)).toBe('141 0')
    expect(await skdocker.containers()).toEqual({})
    await nothingLeft()
  })

  test.each(['05-cgroup', '06-net'])('so does %s/main.ts', async chapter => {
    const none = chapter === '06-net' ? ['--network', 'none'] : []
    // The command ends: all lines before it may have been written when `head` goes, and then only those after it tell.
    const line = ourProgram(`${chapter}/main.ts`).line(['--trace', ...none, 'busybox', 'sleep', '1'])
    for (const lines of [0, 5, 15]) expect(await piped(line, lines)).toBe('141 0')
    await nothingLeft()
  })

  test('so do those that only print', async () => {
    await Promise.all(
      [['ps'], ['images'], ['--help'], ['run', '--help'], ['run', '--explain', 'busybox']].map(async args =>
        expect([args, await piped(skdocker.line(args), 0)]).toEqual([args, '141 0']),
      ),
    )
  })
})

describe('a run that is stopped (row 56)', needsSkdocker, () => {
  /** A line on stderr that says for whom a run waits: how to let it go on. */
  const WAITING =
    /^skdocker: waiting for process (\d+) \(.*\), which has locked \S+ and is stopped: "(kill -CONT \d+)"/m

  test('at any moment keeps nobody waiting without a word, and can go on', {
    timeout: scaled(180_000),
  }, async () => {
    const moments = Array.from({ length: 12 }, (_, index) => scaled(60 + 40 * index))
    for (const moment of moments) {
      const stopped = await skdocker.start(['run', '--rm', 'busybox', 'true'])
      await sleep(moment)
      stopped.kill('SIGSTOP')
      const second = await skdocker.start(['run', '--rm', 'busybox', 'echo', 'ran'])
      const end = second.exit(scaled(30_000))
      const [told] = await Promise.race([end.then(() => []), second.stderr.waitFor(WAITING).then(m => [m])])
      if (told) await command('sh', '-c', told[2]!).run()
      expect(await end).toMatchObject({ code: 0, stdout: 'ran\n' })
      stopped.kill('SIGCONT')
      expect(await stopped.exit()).toMatchObject({ code: 0 })
    }
    await nothingLeft()
  })

  test.each([
    ['the containers', () => join(home, 'containers')],
    ['the cgroups', () => hierarchyOf('pids').mountPoint],
    ['the network', async () => `/proc/${await machine.pid()}/ns/net`],
  ] as const)('with the lock of %s: the wait is ended by a signal, once', async (_, path) => {
    mkdirSync(join(home, 'containers'), { recursive: true })
    const holder = await command('flock', '--no-fork', await path(), 'sleep', '1000').start()
    await eventually('the lock', () => (readProcess(holder.pid)?.comm === 'sleep' ? true : undefined))
    holder.kill('SIGSTOP')
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const waiting = await skdocker.start(['run', '--rm', 'busybox', 'echo', 'ran'])
      await waiting.stderr.waitFor(WAITING)
      waiting.kill(signal)
      expect(await waiting.exit()).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringContaining(`\nskdocker: ${signal} came while this program waited for process`),
      })
    }
    await holder.end()
    expect(isAlive(holder.pid)).toBe(false)
    await nothingLeft()
  })
})
