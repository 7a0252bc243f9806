import { chmodSync, existsSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, freshRootfs, hostUnchanged, needs, program, temporaryDirectory } from '../harness/index.ts'
import { BOTH_KINDS, MOUNTS_PROC, privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox')

/** Exactly one line, with all of this in it. */
const oneLine = (...parts: string[]) =>
  expect.stringMatching(new RegExp(`^(?=[^\\n]*\\n$)${parts.map(has).join('')}`))
const has = (part: string): string => `(?=.*${part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`

const NO_ROOTFS = oneLine('chroot', 'no-such-rootfs', 'ENOENT')

const silent = { stdout: '', stderr: '' }

type Row = readonly [what: string, args: readonly string[], expected: object]

/** Runs a program with each row's arguments and compares all outcomes at once. */
async function check(file: string, rows: readonly Row[]): Promise<void> {
  const outcomes = await Promise.all(
    rows.map(async ([what, args]) => {
      const { stdout, stderr, code, signal } = await program(file).on(place).run(args)
      return [what, { stdout, stderr, code, signal }]
    }),
  )
  const expected = rows.map(([what, , result]) => [what, { stdout: '', signal: null, ...result }])
  expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected))
}

test.each(ROOTFS_PROGRAMS)(
  'rows 1, 3, 5, 8: %s ends as its command does, and tells what it cannot do',
  needed,
  async file => {
    const mark = join(await temporaryDirectory(), 'mark')
    await check(file, [
      ['row 1: exit 42', ['busybox', '/bin/sh', '-c', 'exit 42'], { code: 42, stderr: '' }],
      ['row 3: not found', ['busybox', 'no-such-command'], { code: 127, stderr: oneLine('no-such-command') }],
      ['rows 5, 8: no rootfs', ['no-such-rootfs', '/bin/touch', mark], { code: 125, stderr: NO_ROOTFS }],
    ])
    expect(existsSync(mark), 'row 8: the command ran in the root of the host').toBe(false)
  },
)

test.each(MOUNTS_PROC)('rows 5, 7, 8: %s without a place for /proc', needed, async file => {
  const rootfs = await freshRootfs()
  rmdirSync(join(rootfs, 'proc'))
  const stderr = oneLine('mount', '/proc', 'ENOENT')
  await check(file, [['mount fails', [rootfs, '/bin/touch', '/mark'], { code: 125, stderr }]])
  expect(existsSync(join(rootfs, 'mark'))).toBe(false)
})

describe.each(BOTH_KINDS)('%s', file => {
  test('rows 3, 4, 6: commands that cannot be started', needed, async () => {
    const rootfs = await freshRootfs()
    const script = (name: string, text: string, mode = 0o755): void => {
      writeFileSync(join(rootfs, name), text)
      chmodSync(join(rootfs, name), mode)
    }
    script('plain-text', 'echo never\n', 0o644)
    script('no-interpreter', '#!/no/such/interpreter\necho never\n')
    script('no-first-line', 'echo never\n')
    script('in-order', '#!/bin/sh\nexit 5\n')
    await check(file, [
      ['absolute, not there', [rootfs, '/no/such'], { code: 127, stderr: oneLine('/no/such', 'ENOENT') }],
      ['below a file', [rootfs, '/in-order/x'], { code: 127, stderr: oneLine('/in-order/x', 'ENOTDIR') }],
      ['no name', [rootfs, ''], { code: 127, stderr: oneLine('') }],
      ['a directory', [rootfs, '/bin'], { code: 126, stderr: oneLine('/bin', 'EACCES') }],
      ['not executable', [rootfs, '/plain-text'], { code: 126, stderr: oneLine('/plain-text', 'EACCES') }],
      ['no interpreter', [rootfs, '/no-interpreter'], { code: 126, stderr: oneLine('/no-interpreter', 'ENOENT') }],
      ['no first line', [rootfs, '/no-first-line'], { code: 126, stderr: oneLine('/no-first-line', 'ENOEXEC') }],
      ['a script', [rootfs, './in-order'], { ...silent, code: 5 }],
    ])
  })

  test('row 5: what it cannot be called with', needed, async () => {
    const directory = await temporaryDirectory()
    const aFile = join(directory, 'file')
    writeFileSync(aFile, '')
    const command = ['/bin/touch', join(directory, 'mark')]
    await check(file, [
      ['a file', [aFile, ...command], { code: 125, stderr: oneLine('chroot', aFile, 'ENOTDIR') }],
      [
        'a long name',
        ['x'.repeat(256), ...command],
        { code: 125, stderr: oneLine('chroot', 'xxx', 'ENAMETOOLONG') },
      ],
      ['no command', ['busybox'], { code: 125, stderr: oneLine('<command> missing', '--help') }],
      ['no such option', ['--no', 'busybox', ...command], { code: 125, stderr: oneLine('--no', '--help') }],
    ])
    expect(existsSync(command[1]!)).toBe(false)
  })
})

test('options end with --, or where the operands begin', needed, async () => {
  await check('02-chroot/main.ts', [
    ['help', ['--help'], { code: 0, stdout: expect.stringContaining('usage: main.ts'), stderr: '' }],
    ['after --', ['--', 'busybox', '/bin/sh', '-c', 'exit 3'], { ...silent, code: 3 }],
    ['of the command', ['busybox', '/bin/echo', '--trace'], { code: 0, stdout: '--trace\n', stderr: '' }],
    ['no operands', [], { code: 125, stderr: oneLine('<rootfs> and <command> missing', '--help') }],
  ])
})

test('row 5: the exit code is 125 also when nobody reads the reason', needed, async () => {
  const line = program('02-chroot/main.ts').line(['no-such-rootfs', '/bin/true'])
  // The subshell waits until true, who reads nothing, has closed the pipe.
  const script = `{ (sleep 0.2; ${line}; echo $? >&3) 2>&1 >/dev/null | true; } 3>&1`
  expect((await command('sh', '-c').run([script])).stdout).toBe('125\n')
})
