import { describe, expect, test } from 'vitest'
import { withLock } from '#native/file-lock.ts'
import { command, eventually, hostUnchanged, needs, temporaryDirectory } from '../harness/index.ts'
import { programOf } from './run.ts'

hostUnchanged()

const withLockProgram = programOf('with-lock.ts')

/** flock(1) with the lock of a directory, stopped. */
const stoppedHolder = async (directory: string) => {
  const holder = await command('flock', '--no-fork', directory, 'cat').start()
  holder.write('locked\n')
  await holder.stdout.waitFor('locked')
  holder.kill('SIGSTOP')
  return holder
}

const needsFlock = needs('flock')

describe('who waits for a lock (row 56)', needsFlock, () => {
  test('says after a second who holds it, and that he is stopped; what it says helps', async () => {
    const directory = temporaryDirectory()
    const holder = await stoppedHolder(directory)
    const waiting = await withLockProgram.start([directory])
    const told = await waiting.stderr.waitFor(/waiting for process (\d+) \(cat\), .* and is stopped: "(kill[^"]*)"/)
    expect(told[1]).toBe(`${holder.pid}`)
    expect(told.input).toContain(`which has locked ${directory}`)
    expect((await command('sh', '-c', told[2]!).run()).code).toBe(0)
    holder.endInput()
    await waiting.stdout.waitFor('locked')
    waiting.endInput()
    expect(await waiting.exit()).toMatchObject({ code: 0, stderr: expect.stringMatching(/^[^\n]*\n$/) })
  })

  test('says nothing when it waits for less', async () => {
    const directory = temporaryDirectory()
    const holder = await withLockProgram.start([directory])
    await holder.stdout.waitFor('locked')
    const waiting = await withLockProgram.start([directory], { env: { SKDOCKER_TRACE: '' } })
    setTimeout(() => holder.endInput(), 500)
    await waiting.stdout.waitFor('locked')
    waiting.endInput()
    expect(await waiting.exit()).toMatchObject({ code: 0, stderr: '' })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is ended by %s', async (signal, code) => {
    const directory = temporaryDirectory()
    const holder = await stoppedHolder(directory)
    const waiting = await withLockProgram.start([directory])
    await waiting.stderr.waitFor('; Ctrl-C ends the wait\n')
    waiting.kill(signal)
    const { stderr, ...ended } = await waiting.exit()
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`\\nskdocker: ${signal} came while this program waited for process ${holder.pid} [^\\n]*\\n$`),
    )
    await holder.end()
  })

  test('gets it in the end, however many wait', async () => {
    const directory = temporaryDirectory()
    let inside = 0
    let most = 0
    const act = async () => {
      most = Math.max(most, ++inside)
      await new Promise(resolve => setTimeout(resolve, 5))
      inside--
    }
    await Promise.all(Array.from({ length: 30 }, () => withLock(directory, act)))
    expect(most).toBe(1)
  })
})

test('nothing is written under a lock: a reader who does not read keeps nobody waiting', needsFlock, async () => {
  const directory = temporaryDirectory()
  const line = withLockProgram.line(['--talk', directory])
  // The pipe of stderr is held open by a process that does not read it.
  const script = `exec 3>&1; { ${line} </dev/null 2>&1 >&3; } | sleep 60`
  const talker = await command('sh', '-c', script).start()
  await talker.stdout.waitFor('locked')
  await eventually('the lock', async () =>
    (await command('flock', '--nonblock', directory, 'true').run()).code === 0 ? true : undefined,
  )
  await talker.end()
})
