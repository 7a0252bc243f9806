import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, libc, SystemCallError } from '#native/index.ts'
import { CLONE_VM, SIGCHLD, SIGKILL } from '#native/linux.ts'
import {
  chdir,
  chroot,
  close,
  dup2,
  type ErrnoName,
  exec,
  fork,
  ignoreFailure,
  mkdir,
  read,
  setsid,
  wait4,
  write,
} from '#native/steps.ts'
import { hostUnchanged, isAlive, readProcess, sleep, temporaryDirectory } from '../harness/index.ts'
import { errorOf, run, sh } from './run.ts'

hostUnchanged()

describe('a child', () => {
  test('is told by the exit code of its command, or 128 + the signal that ended it', async () => {
    expect(await run([sh('exit 42')])).toBe(42)
    expect(await run([sh('exit 255')])).toBe(255)
    expect(await run([sh('kill -9 $$')])).toBe(137)
    expect(await run([sh('kill -TERM $$')])).toBe(143)
  })

  test('without a command carries out its steps and ends', async () => {
    const directory = join(await temporaryDirectory(), 'made')
    expect(await run([mkdir(directory, 0o700)])).toBe(0)
    expect(existsSync(directory)).toBe(true)
    expect(await run([])).toBe(0)
  })

  test('does its steps in order', async () => {
    const directory = await temporaryDirectory()
    const [reader, writer] = libc.pipe2()
    const program = [dup2(writer, 1), write(1, 'one '), chdir(directory), write(1, 'two '), setsid(), sh('pwd')]
    expect(await run(program)).toBe(0)
    libc.close(writer)
    expect(readFileSync(reader, 'utf8')).toBe(`one two ${directory}\n`)
    libc.close(reader)
  })

  test('is a child of this process, and no zombie afterwards', async () => {
    const pid = clone([exec(['/bin/sleep', '60'])], SIGCHLD)
    expect(readProcess(pid)).toMatchObject({ ppid: process.pid, session: readProcess(process.pid)!.session })
    libc.kill(pid, SIGKILL)
    expect(await exitCode(pid)).toBe(137)
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })

  test('may have an environment that does not fit into the memory that is kept ready', async () => {
    const environment = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`V${n}`, 'x'.repeat(100_000)]))
    expect(await run([exec(['/bin/sh', '-c', '[ $(printf %s "$V14" | wc -c) = 100000 ]'], environment)])).toBe(0)
  })

  test('may have more steps than fit into that memory, and in a child of its own too', async () => {
    const many = Array.from({ length: 5000 }, () => chdir('/'))
    expect(await run([many, sh('exit 4')])).toBe(4)
    expect(await errorOf(() => [many, chdir('/no/such'), sh('exit 4')])).toMatchObject({ code: 'ENOENT' })
    expect(await run([fork([many, sh('exit 4')], CLONE_VM | SIGCHLD), wait4(new Uint8Array(4))])).toBe(0)
  })

  test('is found along PATH, which may have gaps', async () => {
    const find = (path: string | undefined) => run([chdir('/bin'), exec(['sh', '-c', 'exit 3'], { PATH: path })])
    expect(await find('/no/such:/etc/passwd:/bin')).toBe(3)
    expect(await find('/no/such:')).toBe(3) // nothing stands for here
    expect(await find(undefined)).toBe(3)
  })
})

describe('a step that fails', () => {
  test('stops the child, and is an error with call, arguments, errno, its name and a cure', async () => {
    const directory = await temporaryDirectory()
    const error = await errorOf(() => [chdir('/no/such'), mkdir(`${directory}/never`), sh(`: >${directory}/never`)])
    expect(error).toBeInstanceOf(SystemCallError)
    expect(error).toMatchObject({ call: 'chdir', arguments: ['/no/such'], errno: 2, code: 'ENOENT', exitCode: 125 })
    expect(error.message).toMatch(
      /^chdir\("\/no\/such"\): ENOENT \(No such file or directory\): [^\n]*check the path/,
    )
    expect(readdirSync(directory)).toEqual([])
  })

  test('is passed over where the step says so, by name', async () => {
    const missing = (...toleratedErrors: ErrnoName[]) => ({ ...chdir('/no/such'), toleratedErrors })
    const withoutFail = [missing('ENOENT'), missing('EIO', 'ENOENT'), missing('EIO', 'EPERM', 'ENOENT')]
    expect(await run([withoutFail, ignoreFailure(chdir('/no/such')), sh('exit 6')])).toBe(6)
    expect(await errorOf(() => [missing('EIO', 'EPERM', 'EACCES'), sh('exit 6')])).toMatchObject({ code: 'ENOENT' })
    expect(await errorOf(() => [missing('EIO', 'EPERM', 'EACCES', 'ENOENT')])).toMatchObject({
      message: expect.stringMatching(/EIO, EPERM, EACCES, ENOENT.*3/),
    })
  })

  test('is the first of several', async () => {
    const error = await errorOf(() => [chdir('/'), chroot('/etc/passwd'), chdir('/no/such'), sh('exit 0')])
    expect(error).toMatchObject({ call: 'chroot', code: 'ENOTDIR' })
  })

  test('that is used twice fails where it fails', async () => {
    const down = chdir('etc')
    expect(await errorOf(() => [chdir('/'), down, down])).toMatchObject({ call: 'chdir', code: 'ENOENT' })
    expect(await run([chdir('/'), down, chdir('/'), down])).toBe(0)
  })
})

describe('a command that cannot be started', () => {
  test.each([
    [127, 'that is not there', '/no/such', /^\/no\/such: .*ENOENT/],
    [127, 'that is not along PATH', 'no-such-command', /^no-such-command: command not found: .*PATH/],
    [127, 'without a name', '', /not found/],
    [126, 'that is a directory', '/etc', /^\/etc: EACCES .*directory/],
    [126, 'that is not executable', '/etc/passwd', /^\/etc\/passwd: EACCES .*chmod/],
  ])('is %i for one %s', async (code, _, name, message) => {
    expect(await errorOf(() => [exec([name])])).toMatchObject({
      name: 'CommandError',
      exitCode: code,
      message: expect.stringMatching(message),
    })
  })
})

test('a script whose interpreter is not there is told from one that is not there itself', async () => {
  const script = join(await temporaryDirectory(), 'script')
  writeFileSync(script, '#!/no/such\n', { mode: 0o755 })
  expect(await errorOf(() => [exec([script])])).toMatchObject({
    exitCode: 126,
    message: expect.stringMatching(/ENOENT.*the file is there.*interpreter/),
  })
})

describe('a gate', () => {
  test('holds the child until it is opened', async () => {
    const directory = await temporaryDirectory()
    const before = readdirSync('/proc/self/fd').length
    const gate = new Gate()
    const pid = clone([gate.wait(), sh(`: >${directory}/passed`)], SIGCHLD)
    await sleep(50)
    expect([isAlive(pid), readdirSync(directory)]).toEqual([true, []])
    gate.open()
    expect(await exitCode(pid)).toBe(0)
    expect(readdirSync(directory)).toEqual(['passed'])
    expect(readdirSync('/proc/self/fd')).toHaveLength(before)
  })

  test('can be opened for a child that has failed before it', async () => {
    const gate = new Gate()
    const pid = clone([chdir('/no/such'), gate.wait(), sh('exit 0')], SIGCHLD)
    await expect.poll(() => isAlive(pid)).toBe(false)
    gate.open()
    await expect(exitCode(pid)).rejects.toMatchObject({ call: 'chdir', code: 'ENOENT' })
  })

  test('that ends unopened stops the child', async () => {
    const directory = await temporaryDirectory()
    const [inner, outer] = libc.pipe2()
    const pid = clone([close(outer), read(inner), sh(`: >${directory}/passed`)], SIGCHLD)
    libc.close(inner)
    libc.close(outer)
    await expect.poll(() => isAlive(pid)).toBe(false)
    await exitCode(pid).catch(() => {})
    expect(readdirSync(directory)).toEqual([])
  })
})
