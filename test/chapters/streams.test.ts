import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hostUnchanged, needs, program } from '../harness/index.ts'
import { BOTH_KINDS, privateHost, ROOTFS_PROGRAMS } from './programs.ts'

const place = privateHost()
hostUnchanged(place)

const MiB = 2 ** 20
const needed = needs('root', 'busybox')

describe('input and output (row 17)', () => {
  test.each(ROOTFS_PROGRAMS)('%s: what is piped in arrives, and its end', needed, async file => {
    const input = randomBytes(MiB)
    const { bytes, stderr, code } = await program(file).on(place).run(['busybox', '/bin/cat'], { input })
    expect({ same: bytes.equals(input), stderr, code }).toEqual({ same: true, stderr: '', code: 0 })
  })

  test.each(BOTH_KINDS)('%s: 64 MiB go in and come out', needed, async file => {
    const input = Buffer.alloc(64 * MiB, randomBytes(MiB))
    const { bytes, code } = await program(file).on(place).run(['busybox', '/bin/cat'], { input })
    expect({ same: bytes.equals(input), code }).toEqual({ same: true, code: 0 })
  })

  test(
    '04-allns/main.ts: an answer comes while the input is still open, and stdout and stderr stay two',
    needed,
    async () => {
      const script = 'echo err >&2; exec cat'
      const cat = await program('04-allns/main.ts').on(place).start(['busybox', '/bin/sh', '-c', script])
      cat.write('question\n')
      await cat.stdout.waitFor('question\n')
      cat.endInput()
      expect(await cat.exit()).toMatchObject({ stdout: 'question\n', stderr: 'err\n', code: 0 })
    },
  )

  test('04-allns/main.ts: the first lines of an endless output end it', needed, async () => {
    const yes = await program('04-allns/main.ts').on(place).start(['busybox', '/bin/sh', '-c', 'yes | head -n 3'])
    expect(await yes.exit()).toMatchObject({ stdout: 'y\ny\ny\n', stderr: '', code: 0 })
  })
})

test.each(BOTH_KINDS)('%s makes no terminal where there is none (row 18)', needed, async file => {
  const script = 'for fd in 0 1 2; do [ -t $fd ] && echo $fd; done; readlink /proc/self/fd/0; exit 0'
  const { stdout, stderr, code } = await program(file).on(place).run(['busybox', '/bin/sh', '-c', script])
  expect({ stdout, stderr, code }).toEqual({
    stdout: expect.stringMatching(/^(\/dev\/null\n)?$/),
    stderr: '',
    code: 0,
  })
})
