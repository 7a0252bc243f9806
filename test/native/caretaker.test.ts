import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  hostUnchanged,
  mountinfo,
  needs,
  scaled,
  temporaryDirectory,
  world,
} from '../harness/index.ts'
import { programOf } from './run.ts'

describe('withUndo()', needs('root'), () => {
  // What a failing test leaves mounted goes with it.
  const place = world('a host with private mounts', ['mount'])
  hostUnchanged(place)

  const program = programOf('temporary-mounts.ts').on(place)

  const mountsBelow = async (path: string): Promise<string[]> =>
    mountinfo(await place.pid())
      .filter(({ mountPoint }) => mountPoint.startsWith(path))
      .map(({ source }) => source)

  const gone = (path: string) =>
    eventually('no mount', async () => ((await mountsBelow(path)).length === 0 ? true : undefined))

  /** Two mounts, one in the other: without MNT_DETACH they can only be undone from the inside out. */
  const start = async (how: string) => {
    const directory = await temporaryDirectory()
    const live = await program.start([directory, how])
    await live.stdout.waitFor('mounted\n')
    expect(await mountsBelow(directory)).toEqual(['outer', 'inner'])
    return { directory, live }
  }

  test('undoes, the last first, before the program goes on after its child', async () => {
    const { directory, live } = await start('wait')
    live.endInput()
    expect(await live.exit()).toMatchObject({ stdout: 'mounted\nended with 0, 0 left\n', code: 0, stderr: '' })
    expect(await mountsBelow(directory)).toEqual([])
  })

  test.each([
    ['ends without waiting for its child', 'wait', { code: 3 }],
    ['throws', 'throw', { code: expect.any(Number), stderr: expect.stringContaining('thrown') }],
  ])('undoes before the program, which %s, has ended', async (_, how, result) => {
    const { directory, live } = await start(how)
    live.kill('SIGUSR2')
    expect(await live.exit(scaled(5000))).toMatchObject(result)
    expect(await mountsBelow(directory)).toEqual([])
  })

  test.each(['SIGKILL', 'SIGSEGV'] as const)('undoes after %s', async signal => {
    const { directory, live } = await start('wait')
    live.kill(signal)
    await gone(directory)
    expect(await live.exit()).toMatchObject({ signal })
  })

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'undoes after %s to the whole process group',
    async signal => {
      const { directory, live } = await start('wait')
      process.kill(-live.pid, signal)
      // What reads to the end of the program's output is not kept waiting.
      await live.exit()
      await gone(directory)
    },
  )

  test('undoes what was done before a step that failed, and not that step', async () => {
    const directory = await temporaryDirectory()
    const { stdout, code } = await program.run([directory, 'fail'])
    expect({ stdout, code }).toEqual({ stdout: 'after: ENODEV\n', code: 0 })
    expect(await mountsBelow(directory)).toEqual([])
  })

  test("does not undo somebody else's where its own has failed", async () => {
    const directory = await temporaryDirectory()
    const there = join(directory, 'outer/inner')
    mkdirSync(there, { recursive: true })
    await command('mount', '-t', 'tmpfs', 'theirs', there).on(place).run()
    expect(await program.run([directory, 'fail at once'])).toMatchObject({ stdout: 'after: ENODEV\n', code: 0 })
    expect(await mountsBelow(directory)).toEqual(['theirs'])
    await command('umount', there).on(place).run()
  })
})
