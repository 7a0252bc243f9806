import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { clone, exitCode, libc, ProgramError } from '#native/index.ts'
import { SIGCHLD, SIGKILL } from '#native/linux.ts'
import { exec } from '#native/steps.ts'
import { hostUnchanged, isAlive, readProcess, scaled, temporaryDirectory, within } from '../harness/index.ts'
import { programOf, sh } from './run.ts'

hostUnchanged()

describe('exitCode()', () => {
  test('refuses a pid that clone() has not made, and one that was waited for', async () => {
    const stranger = spawn('sleep', ['60'])
    await expect(exitCode(stranger.pid!)).rejects.toThrow(ProgramError)
    await expect(exitCode(1)).rejects.toThrow(/exitCode\(1\).*not a child/)
    stranger.kill()
    await once(stranger, 'exit')

    const pid = clone([sh('exit 1')], SIGCHLD)
    expect(await exitCode(pid)).toBe(1)
    await expect(exitCode(pid)).rejects.toThrow(/waited for already/)
  })

  test('leaves the children that Node has started to Node', async () => {
    const started = spawn('sh', ['-c', 'exit 5'])
    const exit = once(started, 'exit')
    // Node has no turn in which to notice: it is there to be taken away.
    const deadline = performance.now() + scaled(5000)
    while (readProcess(started.pid!)?.state !== 'Z' && performance.now() < deadline) {}
    const pids = [1, 2, 3].map(code => clone([sh(`exit ${code}`)], SIGCHLD))
    const later = once(spawn('sh', ['-c', 'exit 6']), 'exit')
    expect(await Promise.all(pids.map(exitCode))).toEqual([1, 2, 3])
    expect(await within(Promise.all([exit, later]), scaled(5000))).toEqual([
      [5, null],
      [6, null],
    ])
  })

  test('waits for several at once, whichever ends first', async () => {
    const order: number[] = []
    const wait = async (delay: string, code: number) =>
      order.push(await exitCode(clone([sh(`sleep ${delay}; exit ${code}`)], SIGCHLD)))
    await Promise.all([wait('0.3', 1), wait('0', 2), wait('0.15', 3)])
    expect(order).toEqual([2, 3, 1])
  })

  test('does not hold up the program', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    expect(await exitCode(clone([sh('sleep 0.2')], SIGCHLD))).toBe(0)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  test('leaves Node the threads it needs for its own work', async () => {
    const pids = Array.from({ length: 8 }, () => clone([exec(['/bin/sleep', '60'])], SIGCHLD))
    const codes = Promise.all(pids.map(exitCode))
    const read = await within(readFile('/etc/passwd'), scaled(2000))
    for (const pid of pids) libc.kill(pid, SIGKILL)
    expect(await codes).toEqual(pids.map(() => 137))
    expect(read, 'fs.promises meanwhile').toBeInstanceOf(Buffer)
  })

  test('does not keep the program from ending', async () => {
    const program = await programOf('early-end.ts').start()
    expect(await program.exit(scaled(5000))).toMatchObject({ code: 3, stderr: '' })
  })

  test('leaves no handler of a signal behind', async () => {
    const count = () => ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'].map(signal => process.listenerCount(signal))
    const before = count()
    await exitCode(clone([sh('true')], SIGCHLD))
    await setImmediate()
    expect(count()).toEqual(before)
  })
})

describe('a signal to the program (row 10)', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 0], // the terminal would have sent it to the child as well
    ['SIGQUIT', 0],
  ])('%s is the child’s from its first moment', async (signal, code) => {
    const program = await programOf('early-signal.ts').start([signal])
    expect(await program.exit()).toMatchObject({ code, signal: null, stderr: '' })
  })

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'])(
    '%s is its own when the child is left alone',
    async signal => {
      const program = await programOf('early-signal.ts').start([signal, 'alone'])
      expect(await program.exit()).toMatchObject({ code: null, signal })
    },
  )

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'])(
    '%s does not come between a child’s end and what is put away then',
    async signal => {
      const ended = { code: null, signal, stderr: '' }
      const atOnce = await programOf('putting-away.ts').start([signal])
      expect(await atOnce.exit()).toMatchObject({ ...ended, stdout: 'put away' })
      const slowly = await programOf('putting-away.ts').start([signal, 'slowly'])
      expect(await slowly.exit()).toMatchObject({ ...ended, stdout: `${signal}: put away` })
    },
  )

  test('an ended child is not signalled, nor who has its pid now', async () => {
    const pid = clone([sh('exit 0')], SIGCHLD)
    await exitCode(pid)
    expect(() => libc.kill(pid, 0)).toThrow(/ESRCH/)
  })
})

describe('a child whose program is killed (row 11)', () => {
  test.each([
    ['in the middle of its steps dies with it', 'die'],
    ['at a gate ends, and does not run its command', 'live on'],
  ])('%s', async (_, how) => {
    const mark = join(await temporaryDirectory(), 'mark')
    const program = await programOf('held-at-gate.ts').start([how, mark])
    const [, pid] = await program.stdout.waitFor(/^(\d+)\n/)
    expect(isAlive(Number(pid))).toBe(true)
    program.kill('SIGKILL')
    await expect.poll(() => isAlive(Number(pid)), { timeout: scaled(5000) }).toBe(false)
    expect(existsSync(mark)).toBe(false)
  })
})
