import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callsIn } from '../../runner/exercises/compare-calls.ts'
import { command, hostUnchanged, needs, repository, scaled, temporaryDirectory } from '../harness/index.ts'
import { oneLine, requireSuccess, runner } from './runner.ts'

hostUnchanged()

const patient = { timeout: scaled(90_000) }
const needed = { ...patient, ...needs('root', 'busybox', 'nsenter') }

// In the workbook, because a program of a reader's takes `#native/…` from there, and not where a reader's own files are.
let work = ''
beforeEach(() => {
  mkdirSync(join(repository, 'work'), { recursive: true })
  work = mkdtempSync(join(repository, 'work/.test-'))
})
afterEach(() => rmSync(work, { recursive: true }))

const PLAIN = { LANG: 'C', LC_ALL: undefined, NO_COLOR: '1', FORCE_COLOR: undefined }

const run = (...args: readonly string[]) =>
  runner.run(args, { env: { ...PLAIN, SKDOCKER_WORK: relative(repository, work) }, ...patient })

const own = (path = '04-allns/main.ts'): string => join(work, path)

const change = (from: string | RegExp, to: string, path?: string): void =>
  writeFileSync(own(path), readFileSync(own(path), 'utf8').replace(from, to))

describe('start', () => {
  test('makes the file of an exercise, with the chapter’s lines out of it', async () => {
    expect(requireSuccess(await run('start', '4'))).toMatch(/^made .*04-allns\/main\.ts\n/)
    const made = readFileSync(own(), 'utf8')
    expect(made).toContain('// Your turn (1)')
    expect(made).not.toContain('MS_PRIVATE')
  })

  test('says what is to be done after all of what the file says of itself', async () => {
    await run('start', '5')
    expect(readFileSync(own('05-cgroup/cgroup.ts'), 'utf8')).toMatch(/^\/\*\*\n( \*.*\n)+\n\/\/ /)
  })

  test('does so in Chinese', async () => {
    expect(requireSuccess(await run('start', '4', '--lang', 'zh'))).toContain('已生成')
    expect(readFileSync(own(), 'utf8')).toContain('// 轮到你了（1）')
  })

  test('does not touch a file that is there', async () => {
    await run('start', '4')
    writeFileSync(own(), 'mine')
    expect(await run('start', '4')).toMatchObject(
      oneLine(125, /is there already, and it is yours: .*try 04.*reset 04/),
    )
    expect(readFileSync(own(), 'utf8')).toBe('mine')
  })

  test.each([
    [['start', '4', 'shared-rot'], /no exercise "shared-rot": did you mean shared-root\?/],
    [['start', '4', 'whose-number'], /is a question, and has no file: "npx tsx runner.ts try 04 whose-number"/],
    [['start', '0'], /chapter 00-ten-minutes has no exercise: chapters .*04/],
  ])('%j is told in one line', async (args, said) => {
    expect(await run(...args)).toMatchObject(oneLine(2, said))
  })
})

test('reset begins its hints anew, too', async () => {
  await run('start', '4', 'shared-root')
  for (const _ of [1, 2]) await run('hint', '4', 'shared-root')
  await run('reset', '4', 'shared-root')
  expect(requireSuccess(await run('hint', '4', 'shared-root'))).toMatch(/^Hint 1 of 3/)
})

test('reset begins anew, and keeps what was there', async () => {
  await run('start', '4')
  const begun = readFileSync(own(), 'utf8')
  for (const text of ['one', 'two']) {
    writeFileSync(own(), text)
    expect(requireSuccess(await run('reset', '4'))).toMatch(/what you had is in .*main\.ts\.\d\n$/)
    expect(readFileSync(own(), 'utf8')).toBe(begun)
  }
  expect(['1', '2'].map(number => readFileSync(`${own()}.${number}`, 'utf8'))).toEqual(['one', 'two'])
})

test('calls are compared process by process, and without the names of containers', () => {
  const trace = [
    '[pid 1] clone(0x7f) = 2',
    '[pid 2] chdir("c/busybox-176fa5f5/merged") = 0',
    '[pid 1] close(3) = 0',
  ]
  expect(callsIn(trace.join('\n'))).toEqual(['clone(0x…) = PID', 'close(3) = 0', 'chdir("c/busybox-…/merged") = 0'])
})

describe('hint', () => {
  test('says more each time, and the third is the last', async () => {
    await run('start', '4', 'shared-root')
    const hints = []
    for (let count = 0; count < 4; count += 1) hints.push(requireSuccess(await run('hint', '4', 'shared-root')))
    expect(hints.map(hint => /^Hint (\d)/.exec(hint)?.[1])).toEqual(['1', '2', '3', '3'])
    expect(new Set(hints).size).toBe(3)
    expect(hints[2]).toContain('MS_PRIVATE')
  })

  test('is about the place of the first check, as long as nothing was tried', async () => {
    await run('start', '1')
    const said = requireSuccess(await run('hint', '1'))
    expect(said).toMatch(/^Hint 1 of 3, for place \(2\)\n/)
    expect(said).toContain('makes a process')
  })
})

describe('solution', () => {
  test('is not shown before the exercise is solved, unless one says yes', async () => {
    await run('start', '4')
    expect(await run('solution', '4')).toMatchObject(oneLine(2, /not solved yet.*hint.*--yes/))
    const shown = requireSuccess(await run('solution', '4', '--yes'))
    expect(shown).toMatch(/^\+.*MS_PRIVATE/m)
    expect(shown).toMatch(/^-.*const flags = 0$/m)
  })

  test('--apply puts it in place, and keeps what was there', async () => {
    await run('start', '4')
    writeFileSync(own(), 'mine')
    requireSuccess(await run('solution', '4', '--yes', '--apply'))
    const chapters = readFileSync(join(repository, 'chapters/04-allns/main.ts'), 'utf8')
    expect([readFileSync(own(), 'utf8'), readFileSync(`${own()}.1`, 'utf8')]).toEqual([chapters, 'mine'])
  })
})

describe('try', () => {
  test('says what to do where nothing was begun', needed, async () => {
    expect(await run('try', '4')).toMatchObject(oneLine(125, /main\.ts is not there: .*start 04/))
  })

  test(
    'stops at the first thing that is not so, and says what the kernel says, the idea and where to read',
    needed,
    async () => {
      await run('start', '4')
      const { stdout, code } = await run('try', '4')
      expect(code).toBe(1)
      expect(stdout.match(/✗/g)).toHaveLength(1)
      expect(stdout).toMatch(/✓ it starts in its root directory\n {2}✗ the host name stays inside\n/)
      expect(stdout).toMatch(/\/proc\/\d+\/ns\/uts of the command is uts:\[\d+\]/)
      expect(stdout).toMatch(/npx tsx .*main\.ts busybox/)
      expect(stdout).toContain('chapters/04-allns/README.md, “One flag”')
      expect(requireSuccess(await run('hint', '4'))).toContain('clone(2) takes a flag')
    },
  )

  test('shows what the program itself says', needed, async () => {
    await run('start', '4')
    change('chroot(rootfs)', "chroot('/nowhere')")
    expect((await run('try', '4')).stdout).toMatch(/Your program said\n.*\/nowhere.*ENOENT/)
  })

  test('remembers what is solved, for list, solution and hint', needed, async () => {
    await run('start', '4', 'shared-root')
    await run('solution', '4', 'shared-root', '--yes', '--apply')
    expect(requireSuccess(await run('try', '4', 'shared-root'))).toContain('All 2 hold. Solved.')
    expect(requireSuccess(await run('list', '4'))).toMatch(/A container that leaves.*✓.*04 shared-root/s)
    expect(requireSuccess(await run('list'))).toMatch(/^04 .* 1\/5 /m)
    expect(requireSuccess(await run('solution', '4', 'shared-root'))).toContain('letter by letter')
    expect(requireSuccess(await run('hint', '4', 'shared-root'))).toContain('nothing to give a hint for')
  })

  test('leaves nothing of what a program of a reader’s writes, outside work/', needed, async () => {
    await run('start', '4')
    change(/^/, "import { writeFileSync } from 'node:fs'\nwriteFileSync('/var/tmp/skdocker-left', '')\n")
    await run('try', '4')
    expect(existsSync('/var/tmp/skdocker-left')).toBe(false)
    expect(readdirSync(work).sort()).toEqual(['04-allns', 'progress.json'])
  })

  test('--calls points at the first call that differs', needed, async () => {
    await run('start', '4', 'shared-root')
    const { stdout, code } = await run('try', '4', 'shared-root', '--calls')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^- mount\("none", "\/", NULL, MS_REC\|MS_PRIVATE, NULL\) = 0$/m)
    expect(stdout).toMatch(/The first that differs: the chapter\s+has mount\("none"/)
  })

  test('--watch tries again at each save, until Ctrl-C', needed, async () => {
    await run('start', '4', 'shared-root')
    const env = { ...PLAIN, SKDOCKER_WORK: relative(repository, work) }
    const watching = await runner.start(['try', '4', 'shared-root', '--watch'], { env })
    await watching.stdout.waitFor(/✗ none of its mounts/)
    await watching.stdout.waitFor(/Waiting for .* to be saved/)
    writeFileSync(own('04-allns/shared-root/main.ts'), readFileSync(join(repository, 'chapters/04-allns/main.ts')))
    await watching.stdout.waitFor(/All 2 hold/)
    await watching.stdout.waitFor(/Waiting for .* to be saved/)
    watching.kill('SIGINT')
    expect(await watching.exit()).toMatchObject({ code: 0, stderr: '' })
  })

  test('a question is asked, and its answer told', needed, async () => {
    const ask = (input: string) =>
      runner.run(['try', '4', 'whose-number'], {
        input,
        env: { ...PLAIN, SKDOCKER_WORK: relative(repository, work) },
      })
    const [wrong, right] = [await ask('7 8\n'), await ask('1 2\n')]
    expect([wrong.code, right.code]).toEqual([1, 0])
    expect(wrong.stdout).not.toMatch(/^1\n2$/m)
    expect(right.stdout).toMatch(/Right\.\n.*\n1\n2\n/)
  })
})

describe('try with a program of another’s', () => {
  const others = join(repository, 'test/chapters/others')

  test('in Python: all of chapter 04 holds', { ...needed, ...needs('python3') }, async () => {
    const { stdout: python } = await command('python3', '-c', 'import sys; print(sys.executable)').run()
    const { stdout, code } = await run('try', '4', '--', python.trim(), join(others, 'container.py'), '4')
    expect(stdout).toContain('All 13 hold')
    expect(code).toBe(0)
  })

  test('in C, in a directory below /tmp: all of chapter 03 holds', { ...needed, ...needs('gcc') }, async () => {
    const path = join(temporaryDirectory(), 'container')
    expect(await command('gcc', '-o', path, join(others, 'container.c')).run()).toMatchObject({ code: 0 })
    const { stdout, code } = await run('try', '3', '--', path, '3')
    expect(stdout).toContain('All 11 hold')
    expect(code).toBe(0)
  })

  test('in shell', { ...needed, ...needs('setpriv') }, async () => {
    const { stdout } = await run('try', '4', '--', join(others, 'container.sh'), '4')
    expect(stdout).toContain('All 13 hold')
  })

  test('by npx tsx, too', needed, async () => {
    const { stdout } = await run('try', '4', 'shared-root', '--', 'npx', 'tsx', 'chapters/04-allns/main.ts')
    expect(stdout).toContain('All 2 hold')
  })

  test('one that runs the command on the host is found out, and keeps no progress', needed, async () => {
    const { stdout, code } = await run('try', '4', '--', join(others, 'runs-on-the-host.sh'))
    expect([stdout.match(/✗/g)?.length, code]).toEqual([1, 1])
    expect(existsSync(own('progress.json'))).toBe(false)
  })

  test('one that is not there is told', needed, async () => {
    expect(await run('try', '4', '--', './no-such-program')).toMatchObject(
      oneLine(125, /no-such-program.*not there/),
    )
  })
})
