import { closeSync, fstatSync, openSync, readlinkSync, readSync, writeSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { libc, ProgramError, SystemCallError } from '#native/index.ts'
import {
  CLONE_NEWNS,
  CLONE_NEWUTS,
  F_GETFL,
  MAP_ANONYMOUS,
  MAP_SHARED,
  MNT_DETACH,
  PROT_READ,
  PROT_WRITE,
  SIGTERM,
  TCGETS,
} from '#native/linux.ts'
import { command } from '../harness/index.ts'

const errorOf = (call: () => unknown): ProgramError => {
  try {
    call()
  } catch (error) {
    return error as ProgramError
  }
  throw new Error('there was no error')
}

const F_GETFD = 1
const NO_DESCRIPTOR = 1_000_000

// Does not go with a mount namespace: clone(2). musl writes to the stack before it asks the kernel.
const CLONE_FS = 0x200
const stack = (): bigint => libc.mmap(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS) + 4096n

describe('a failure is an error with call, arguments, errno, its name and text', () => {
  test.each<[string, () => unknown, string, number]>([
    ['close', () => libc.close(NO_DESCRIPTOR), `close(${NO_DESCRIPTOR}): EBADF (Bad file descriptor)`, 9],
    [
      'setns',
      () => libc.setns(NO_DESCRIPTOR, CLONE_NEWUTS),
      `setns(${NO_DESCRIPTOR}, CLONE_NEWUTS): EBADF (Bad`,
      9,
    ],
    ['umount2', () => libc.umount2('/no/such', MNT_DETACH), 'umount2("/no/such", MNT_DETACH): E', 2],
    ['waitpid', () => libc.waitpidSync(1), 'waitpid(1, <4 bytes>, 0): ECHILD (No child process', 10],
    ['fcntl', () => libc.fcntl(NO_DESCRIPTOR, F_GETFL, 0), `fcntl(${NO_DESCRIPTOR}, F_GETFL, 0): EBADF (Bad`, 9],
    [
      'ioctl',
      () => libc.ioctl(NO_DESCRIPTOR, TCGETS, new Uint8Array(64)),
      `ioctl(${NO_DESCRIPTOR}, TCGETS, <64 bytes>): EBADF`,
      9,
    ],
    ['munmap', () => libc.munmap(1n, 4096), 'munmap(0x1, 0x1000): EINVAL (Invalid argument)', 22],
    ['clone', () => libc.cloneAt(0n, stack(), CLONE_FS | CLONE_NEWNS, 0n), ', 0x0): EINVAL (Invalid argument)', 22],
  ])('%s', (call, act, text, errno) => {
    const error = errorOf(act)
    expect(error).toBeInstanceOf(SystemCallError)
    expect(error).toMatchObject({ name: 'SystemCallError', call, errno, exitCode: 125 })
    expect(error.message).toContain(text)
    expect(error.message).not.toContain('\n')
  })

  test('kill of a process that has ended says that there is none', async () => {
    const ended = await command('true').start()
    await ended.exit()
    expect(errorOf(() => libc.kill(ended.pid, SIGTERM))).toMatchObject({
      call: 'kill',
      arguments: [ended.pid, expect.objectContaining({ value: 15 })],
      errno: 3,
      code: 'ESRCH',
      message: `kill(${ended.pid}, SIGTERM): ESRCH (No such process): there is no such process any more`,
    })
  })

  test('also when it comes from a thread of its own', async () => {
    await expect(libc.waitpid(1)).rejects.toMatchObject({ call: 'waitpid', code: 'ECHILD' })
  })

  test('which a success after it does not repeat', () => {
    errorOf(() => libc.close(NO_DESCRIPTOR))
    expect(libc.getpid()).toBe(process.pid)
    const [reader, writer] = libc.pipe2()
    libc.close(reader)
    libc.close(writer)
  })
})

describe('what C would change is refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a NUL byte', () => libc.umount2('/a\0b', 0), /^umount2: .*NUL byte/],
    ['a fraction', () => libc.kill(1.5, 0), /^kill: 1\.5 is not a C int/],
    ['no number', () => libc.kill(Number('abc'), 0), /^kill: NaN is not a C int/],
    ['infinity', () => libc.close(Number.POSITIVE_INFINITY), /^close: Infinity is not a C int/],
    ['more than 31 bits', () => libc.kill(2 ** 31, 0), /^kill: 2147483648 is not a C int/],
    ['less than 31 bits', () => libc.close(-(2 ** 31) - 1), /^close: -2147483649 is not a C int/],
    ['flags of more than 31 bits', () => libc.unshare(2 ** 32), /^unshare: 4294967296 is not a C int/],
  ])('%s', (_, act, message) => {
    const error = errorOf(act)
    expect(error).toBeInstanceOf(ProgramError)
    expect(error).not.toBeInstanceOf(SystemCallError)
    expect(error).toMatchObject({ exitCode: 125, message: expect.stringMatching(message) })
  })

  test('and the greatest and the least that fit are not', () => {
    for (const fd of [2 ** 31 - 1, -(2 ** 31)])
      expect(errorOf(() => libc.close(fd))).toMatchObject({ code: 'EBADF' })
  })

  test('a path in any script, and as long as the kernel takes, is', () => {
    const paths = ['/中文/é/🐳 \n"\'', `/${'x/'.repeat(2047)}`]
    for (const path of paths) expect(errorOf(() => libc.umount2(path, 0))).toMatchObject({ code: 'ENOENT' })
    expect(errorOf(() => libc.umount2(`/${'x/'.repeat(2048)}`, 0))).toMatchObject({ code: 'ENAMETOOLONG' })
  })
})

describe('calls that succeed', () => {
  test('pipe2 makes a pipe that no command inherits', () => {
    const [reader, writer] = libc.pipe2()
    writeSync(writer, 'through')
    const bytes = Buffer.alloc(16)
    expect(bytes.subarray(0, readSync(reader, bytes)).toString()).toBe('through')
    const FD_CLOEXEC = 1
    expect([reader, writer].map(fd => libc.fcntl(fd, F_GETFD, 0))).toEqual([FD_CLOEXEC, FD_CLOEXEC])
    libc.close(reader)
    libc.close(writer)
    expect(() => fstatSync(reader)).toThrow(/EBADF/)
  })

  test('kill sends a signal, pidfdOpen holds a process', async () => {
    const sleep = await command('sleep', '60').start()
    const pidfd = libc.pidfdOpen(sleep.pid)
    expect(readlinkSync(`/proc/self/fd/${pidfd}`)).toContain('pidfd')
    libc.close(pidfd)
    libc.kill(sleep.pid, SIGTERM)
    expect(await sleep.exit()).toMatchObject({ signal: 'SIGTERM' })
  })

  test('an address has all its 64 bits', () => {
    const address = libc.mmap(4096, 3, 0x21)
    expect(address).toBeGreaterThan(2n ** 32n)
    expect(address % 4096n).toBe(0n)
    libc.munmap(address, 4096)
  })

  test('fcntl says how a descriptor was opened', () => {
    const fd = openSync('/dev/null', 'r')
    expect(libc.fcntl(fd, F_GETFL, 0) & 3).toBe(0)
    closeSync(fd)
  })
})
