import { describe, expect, test } from 'vitest'
import { command, isAlive, limits, scaled, TimeoutError } from './index.ts'

const sh = command('sh', '-c')

describe('run', () => {
  test('code and signal are kept apart', async () => {
    expect(await sh.run(['exit 42'])).toMatchObject({ code: 42, signal: null })
    expect(await sh.run(['kill -TERM $$'])).toMatchObject({ code: null, signal: 'SIGTERM' })
  })

  test('stdout and stderr are kept apart', async () => {
    expect(await sh.run(['echo out; echo err >&2'])).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
  })

  test('stdin is empty unless there is input', async () => {
    expect(await command('cat').run()).toMatchObject({ stdout: '', code: 0 })
    expect(await command('cat').run([], { input: 'a line' })).toMatchObject({ stdout: 'a line', code: 0 })
  })

  test('input that is not read is no error', async () => {
    expect(await command('true').run([], { input: Buffer.alloc(2 ** 20) })).toMatchObject({ code: 0 })
  })

  test('64 MiB arrive, byte for byte', async () => {
    const { bytes } = await sh.run([`head -c ${2 ** 26} /dev/zero | tr '\\0' '\\377'`])
    expect(bytes.equals(Buffer.alloc(2 ** 26, 0xff))).toBe(true)
  })

  test('64 MiB go in and come out', async () => {
    const input = Buffer.alloc(2 ** 26, 'abc')
    expect((await command('cat').run([], { input })).bytes.equals(input)).toBe(true)
  })

  test('it is run where and as it is told', async () => {
    const { stdout } = await sh.run(['pwd; ulimit -Sn; umask; ls /proc/$$/fd; echo $A$HOME'], {
      cwd: '/usr',
      setup: 'ulimit -Sn 123; umask 027; exec 7</dev/null',
      env: { A: 'a variable', HOME: undefined },
    })
    expect(stdout).toMatch(/^\/usr\n123\n0027\n0\n1\n2\n(\d+\n)*7\n(\d+\n)*a variable\n$/)
  })

  test('a failing set-up is not gone past', async () => {
    expect(await sh.run(['echo went on'], { setup: 'false' })).toMatchObject({ stdout: '', code: 1 })
  })

  test('the test runner has left no trace in the environment', async () => {
    const { stdout } = await command('env').run()
    expect(stdout).not.toMatch(/^(VITEST|NODE_ENV|TEST|PS1)/m)
    expect(stdout).toMatch(/^SKDOCKER_TEST=/m)
  })

  test('a command that is not there is an error that names it', async () => {
    await expect(command('no-such-command').run(['x'])).rejects.toThrow('cannot start: no-such-command x')
  })
})

describe('what takes too long', () => {
  test('is ended with all its children, and its output shown', async () => {
    const children = 'sleep 71 & echo $!; trap "" TERM; echo problem >&2; sleep 72'
    const error = await sh.run([children], { timeout: scaled(500) }).catch(error => error)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(/still runs after \d+ ms\nstdout:\n\d+\n\nstderr:\nproblem/)
    expect(isAlive(Number(/stdout:\n(\d+)/.exec(error.message)![1]))).toBe(false)
  })

  test('is told from a process that has ended and left its output open to a child', async () => {
    const error = await sh.run(['sleep 73 & exit 3'], { timeout: scaled(500) }).catch(error => error)
    expect(error.message).toContain('ended with 3, but something still holds its output open')
  })

  test('is ended even after it has left its parent and its group', async () => {
    const script = '(setsid sh -c "echo \\$\\$; exec sleep 74" &); sleep 75'
    const error = await sh.run([script], { timeout: scaled(500) }).catch(error => error)
    const orphan = Number(/stdout:\n(\d+)/.exec(error.message)![1])
    expect(isAlive(orphan)).toBe(true)
    process.kill(orphan, 'SIGKILL')
  })
})

describe('start', () => {
  test('one can talk to it', async () => {
    const cat = await command('cat').start()
    cat.write('ping\n')
    await cat.stdout.waitFor('ping')
    cat.endInput()
    expect(await cat.exit()).toMatchObject({ stdout: 'ping\n', code: 0 })
  })

  test('it gets signals, and its pid is that of the command, set-up or not', async () => {
    const sleep = await command('sleep', '76').start([], { setup: 'ulimit -Sn 99' })
    await expect.poll(() => limits(sleep.pid)['Max open files']?.soft).toBe(99)
    sleep.kill('SIGINT')
    expect(await sleep.exit()).toMatchObject({ signal: 'SIGINT' })
  })

  test('it can be ended, twice', async () => {
    const sleep = await command('sleep', '77').start()
    await sleep.end()
    await sleep.end()
    expect(isAlive(sleep.pid)).toBe(false)
  })
})
