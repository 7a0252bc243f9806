import { chmodSync, existsSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, freshRootfs, hostUnchanged, needs, program, temporaryDirectory } from '../harness/index.ts'
import { BOTH_KINDS, MOUNTS_PROC, privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const needed = needs('root', 'busybox')

/** Exactly one line, with this in it: how it is said is everybody's own; ours is held to in our-own-programs.test.ts. */
const oneLine = (part = ''): unknown =>
  expect.stringMatching(new RegExp(`^[^\\n]*${part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[^\\n]*\\n$`))

const silent = { stdout: '', stderr: '' }

type Row = readonly [what: string, args: readonly string[], expected: object]

/** Runs a program with each row's arguments and compares all outcomes at once. */
const check = async (file: string, rows: readonly Row[]): Promise<void> => {
  const outcomes = await Promise.all(
    rows.map(async ([what, args]) => {
      const { stdout, stderr, code, signal } = await program(file).on(place).run(args)
      return [what, { stdout, stderr, code, signal }]
    }),
  )
  const expected = rows.map(([what, , result]) => [what, { stdout: '', signal: null, ...result }])
  expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected))
}

describe.each(ROOTFS_PROGRAMS)('%s', file => {
  test("the exit code is the command's (row 1)", needed, async () => {
    await check(file, [['exit 42', ['busybox', '/bin/sh', '-c', 'exit 42'], { code: 42, stderr: '' }]])
  })

  test('a command that is not there is 127 and named (row 3)', needed, async () => {
    await check(file, [
      ['on PATH', ['busybox', 'no-such-command'], { code: 127, stderr: oneLine('no-such-command') }],
    ])
  })

  test(
    'a root filesystem that is not there is 125 and named (row 5), and the command does not run (row 8)',
    needed,
    async () => {
      const mark = join(temporaryDirectory(), 'mark')
      const args = ['no-such-rootfs', '/bin/touch', mark]
      await check(file, [['no rootfs', args, { code: 125, stderr: oneLine('no-such-rootfs') }]])
      expect(existsSync(mark), 'the command ran in the root of the host').toBe(false)
    },
  )
})

test.each(MOUNTS_PROC)(
  '%s without a place for /proc is 125 and one line (rows 5, 7), and the command does not run (row 8)',
  needed,
  async file => {
    const rootfs = await freshRootfs()
    rmdirSync(join(rootfs, 'proc'))
    const args = [rootfs, '/bin/touch', '/mark']
    await check(file, [['mount fails', args, { code: 125, stderr: oneLine('/proc') }]])
    expect(existsSync(join(rootfs, 'mark'))).toBe(false)
  },
)

describe.each(BOTH_KINDS)('%s', file => {
  /** A root filesystem with programs of all kinds. */
  const furnished = async (): Promise<string> => {
    const rootfs = await freshRootfs()
    const script = (name: string, text: string, mode = 0o755): void => {
      writeFileSync(join(rootfs, name), text)
      chmodSync(join(rootfs, name), mode)
    }
    script('plain-text', 'echo never\n', 0o644)
    script('no-interpreter', '#!/no/such/interpreter\necho never\n')
    script('no-first-line', 'echo never\n')
    script('in-order', '#!/bin/sh\nexit 5\n')
    return rootfs
  }

  test('a command whose path leads nowhere is 127 and named (row 3)', needed, async () => {
    const rootfs = await furnished()
    await check(file, [
      ['absolute, not there', [rootfs, '/no/such'], { code: 127, stderr: oneLine('/no/such') }],
      ['below a file', [rootfs, '/in-order/x'], { code: 127, stderr: oneLine('/in-order/x') }],
      ['no name', [rootfs, ''], { code: 127, stderr: oneLine() }],
    ])
  })

  test('a command that is there and cannot be started is 126 and named (rows 4, 6)', needed, async () => {
    const rootfs = await furnished()
    await check(file, [
      ['a directory', [rootfs, '/bin'], { code: 126, stderr: oneLine('/bin') }],
      ['not executable', [rootfs, '/plain-text'], { code: 126, stderr: oneLine('/plain-text') }],
      ['no interpreter', [rootfs, '/no-interpreter'], { code: 126, stderr: oneLine('/no-interpreter') }],
      ['no first line', [rootfs, '/no-first-line'], { code: 126, stderr: oneLine('/no-first-line') }],
    ])
  })

  test('a script is run by its interpreter, from the root', needed, async () => {
    await check(file, [['a script', [await furnished(), './in-order'], { ...silent, code: 5 }]])
  })

  test(
    'a root filesystem that is none is 125 and named (row 5), and the command does not run (row 8)',
    needed,
    async () => {
      const directory = temporaryDirectory()
      const aFile = join(directory, 'file')
      writeFileSync(aFile, '')
      const command = ['/bin/touch', join(directory, 'mark')]
      await check(file, [
        ['a file', [aFile, ...command], { code: 125, stderr: oneLine(aFile) }],
        ['a long name', ['x'.repeat(256), ...command], { code: 125, stderr: oneLine('xxx') }],
      ])
      expect(existsSync(command[1]!)).toBe(false)
    },
  )

  test('without a command it is 125 and one line (row 5)', needed, async () => {
    await check(file, [['no command', ['busybox'], { code: 125, stderr: oneLine() }]])
  })
})

test('02-chroot/main.ts ends with 125 also when nobody reads the reason (row 5)', needed, async () => {
  const line = program('02-chroot/main.ts').line(['no-such-rootfs', '/bin/true'])
  // The subshell waits until true, who reads nothing, has closed the pipe.
  const script = `{ (sleep 0.2; ${line}; echo $? >&3) 2>&1 >/dev/null | true; } 3>&1`
  expect((await command('sh', '-c').run([script])).stdout).toBe('125\n')
})
