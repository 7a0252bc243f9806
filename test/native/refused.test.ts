import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { ProgramError } from '#native/index.ts'
import { CLONE_NEWUTS } from '#native/linux.ts'
import { chdir, chroot, exec, mount, sethostname, setuid, umount2, withUndo, write } from '#native/steps.ts'
import { hostUnchanged, temporaryDirectory } from '../harness/index.ts'
import { errorOf, type Program, run, sh } from './run.ts'

hostUnchanged()

const mark = join(await temporaryDirectory(), 'mark')
const never = sh(`: >${mark}`)

beforeEach(() => rmSync(mark, { force: true }))

/** One line, and the command does not run. */
const refused = async (program: () => Program, message: RegExp, how?: number): Promise<void> => {
  const error = await errorOf(program, how)
  expect(error.message).not.toContain('\n')
  expect(error.message).toMatch(message)
  expect(error).toBeInstanceOf(ProgramError)
  expect(error.exitCode).toBe(125)
  expect(existsSync(mark)).toBe(false)
}

/** What a process can run out of: descriptors, and memory that is shared with children. */
const held = (): { descriptors: number; shared: number } => {
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    shared: maps.filter(line => /^\S+ \S{3}s /.test(line)).length,
  }
}

describe('a NUL byte, at which the kernel would cut the text short', () => {
  test.each<[string, () => Program]>([
    ['a path', () => [chroot('/\0etc'), never]],
    ['a mount', () => [mount('a', '/b', 'c\0', 0, null), never]],
    ['mount options', () => [mount('a', '/b', 'c', 0, 'd\0e'), never]],
    ['a hostname', () => [sethostname('a\0b'), never]],
    ['the command', () => [exec(['/bin/true\0'])]],
    ['an argument', () => [exec(['/bin/true', 'a\0b'])]],
    ['the environment', () => [exec(['/bin/true'], { A: 'b\0c' })]],
    ['the name of a variable', () => [exec(['/bin/true'], { 'A\0B': 'c' })]],
    ['PATH', () => [exec(['true'], { PATH: '/bin\0' })]],
    ['what is to be undone', () => [withUndo(chdir('/'), umount2('/a\0b', 0)), never]],
  ])('in %s', async (_, program) => {
    await refused(program, /NUL byte/)
  })

  test('costs nothing, however often it comes', async () => {
    const program = () => [withUndo(mount('a\0b', '/c'), umount2('/c', 0)), never]
    await errorOf(program)
    const before = held()
    for (let count = 0; count < 20; count++) await errorOf(program)
    expect(held()).toEqual(before)
  })
})

describe('a number that C would change', () => {
  test.each<[string, () => Program, number?]>([
    ['a fraction', () => [setuid(1.5), never]],
    ['no number', () => [setuid(Number.NaN), never]],
    ['a uid beyond 32 bits', () => [setuid(2 ** 32 + 65534), never]],
    ['a flag beyond 32 bits', () => [umount2('/no/such', 2 ** 40), never]],
    ['a descriptor beyond 32 bits', () => [write(2 ** 32 + 1, ''), never]],
    ['clone flags beyond 32 bits', () => [never], 2 ** 33 + 17],
    ['clone flags with a fraction', () => [never], 17.5],
  ])('%s', async (_, program, how) => {
    await refused(program, /-?[\d.]+|NaN/, how)
  })
})

describe('what is too long', () => {
  test.each([
    ['a path of more than 4095 bytes', 'x/'.repeat(2048)],
    ['a part of a path of more than 255 bytes', 'x'.repeat(256)],
  ])('%s: ENAMETOOLONG, with the limits', async (_, path) => {
    await refused(() => [chroot(path), never], /^chroot\("x.*ENAMETOOLONG.*4095.*255/)
  })

  test('mount options that the kernel would cut off: more than 4095 bytes', async () => {
    await refused(() => [mount('a', '/b', 'tmpfs', 0, 'x'.repeat(4096)), never], /^mount \/b: .*4096.*4095/)
    await refused(() => [mount('a', '/b', 'tmpfs', 0, `${'x'.repeat(4094)}é`), never], /4096.*4095/)
    expect(mount('a', '/b', 'tmpfs', 0, 'x'.repeat(4095)).call).toBe('mount')
  })

  const tooLong = {
    name: 'CommandError',
    exitCode: 126,
    message: expect.stringMatching(/^\/bin\/true: E2BIG \(Argument list too long\): [^\n]+$/),
  }

  test('an argument of 128 KiB', async () => {
    expect(await errorOf(() => [exec(['/bin/true', 'x'.repeat(2 ** 17)])])).toMatchObject(tooLong)
    expect(await run([exec(['/bin/true', 'x'.repeat(2 ** 17 - 1)])])).toBe(0)
  })

  test('a variable of 128 KiB', async () => {
    expect(await errorOf(() => [exec(['/bin/true'], { A: 'x'.repeat(2 ** 17) })])).toMatchObject(tooLong)
  })

  test('arguments that are too long together', async () => {
    const many = Array.from({ length: 70 }, () => 'x'.repeat(100_000))
    expect(await errorOf(() => [exec(['/bin/true', ...many])])).toMatchObject(tooLong)
    const path = { PATH: '/no/such:/bin' }
    expect(await errorOf(() => [exec(['true', ...many], path)])).toMatchObject({ exitCode: 126 })
  })
})

test('a command without a name for it', async () => {
  await refused(() => [exec([])], /no command/)
})

test('namespaces that there are not', async () => {
  // A namespace of its own and the parent's signal handlers: the kernel calls that a contradiction.
  const CLONE_SIGHAND_WITHOUT_VM = 0x10000
  const error = await errorOf(() => [never], CLONE_NEWUTS | CLONE_SIGHAND_WITHOUT_VM)
  expect(error).toMatchObject({
    call: 'clone',
    code: 'EINVAL',
    message: expect.stringMatching(/CLONE_NEWUTS.*kernel/),
  })
})
