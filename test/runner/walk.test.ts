import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Command,
  eventually,
  hostShell,
  hostUnchanged,
  isAlive,
  needs,
  processes,
  repository,
  scaled,
  type Terminal,
  temporaryDirectory,
  typescript,
} from '../harness/index.ts'
import { oneLine, runner } from './runner.ts'

hostUnchanged()

const LESSON = `# 99 · lesson

The beginning.

## First

Some words.

<!-- notes: Ask who knows **this**. -->

\`\`\`console
$ echo "sum $((40 + 2))"
sum 42
\`\`\`

Between.

\`\`\`console
$ cat <<END
> here $((1 + 1))
> END
here 2
$ sleep 600
$ ^C
\`\`\`

## Second

\`\`\`console terminal=two
$ x=other; echo "in $x"
in other
\`\`\`

\`\`\`console
$ echo "still $x."
still .
/ # echo inside
inside
\`\`\`

## Third

The end.
`

const patient = { timeout: scaled(90_000), ...needs('pty', 'bash') }
const CTRL_RIGHT_BRACKET = '\x1d'

type Course = { readonly command: Command; readonly folder: string; readonly env: Record<string, string> }

const course = (): Course => {
  const folder = temporaryDirectory()
  for (const name of ['README.md', 'README.zh-CN.md']) writeFileSync(join(folder, name), LESSON)
  return {
    command: typescript(join(repository, 'test/runner/walk-lesson.ts')),
    folder,
    env: { XDG_STATE_HOME: join(folder, 'state'), NO_COLOR: '1' },
  }
}

const begin = async (
  { command, folder, env }: Course,
  { from, lab, cols = 100, rows = 40 }: { from?: string; lab?: boolean; cols?: number; rows?: number } = {},
): Promise<Terminal> =>
  command.terminal([folder, ...(from ? [from] : []), ...(lab ? ['lab'] : [])], { env, cols, rows })

const ready = (terminal: Terminal, line: string) => terminal.waitFor(`▶ ${line}`)

const place = ({ folder }: Course): unknown =>
  JSON.parse(readFileSync(join(folder, 'state/skdocker/walk.json'), 'utf8'))['99-lesson']

describe('a lesson', patient, () => {
  test('Enter types what stands ready, and its output is seen; text comes before, notes when asked', async () => {
    const terminal = await begin(course())
    await terminal.waitFor('The beginning.')
    await terminal.waitFor(/1\/4 99 · lesson.*Enter goes on/)
    terminal.type('\r')
    await terminal.waitFor('Some words.')
    await ready(terminal, '$ echo "sum $((40 + 2))"')
    expect(terminal.screen.text).not.toMatch(/Ask who|Between|sum 42/)
    terminal.type('o')
    await terminal.waitFor('▌ Ask who knows this.')
    await ready(terminal, '$ echo "sum')
    terminal.type('\r')
    await terminal.waitFor(/^sum 42$/m)
    await terminal.waitFor('Between.')
    await ready(terminal, '$ cat <<END')
    terminal.type('\r')
    await terminal.waitFor(/^here 2$/m)
    terminal.type('q')
    await terminal.waitFor('Left at section 2')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('a command that does not end by itself waits for the key that ends it', async () => {
    const terminal = await begin(course(), { from: 'First' })
    await ready(terminal, '$ echo')
    terminal.type('ss')
    await ready(terminal, '$ sleep 600')
    terminal.type('\r')
    await ready(terminal, '$ ^C')
    expect(processes().filter(({ comm }) => comm === 'sleep').length).toBeGreaterThan(0)
    terminal.type('\r')
    await terminal.waitFor('Enter goes on to the next section')
  })

  test('from a section in its middle it says what is missing, and from one before which nothing is typed it does not', async () => {
    const terminal = await begin(course(), { from: 'Second' })
    await ready(terminal, '$ x=other')
    expect(terminal.screen.text.replace(/\s+/g, ' ')).toContain(
      'Before it are 2 sections with 3 commands: none of them was typed in this shell, and what they make is missing.',
    )
    const early = await begin(course(), { from: 'First' })
    await ready(early, '$ echo')
    expect(early.screen.text).not.toContain('missing')
  })

  test('the teacher takes the shell over and gives it back', async () => {
    const terminal = await begin(course(), { from: 'First' })
    await ready(terminal, '$ echo')
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    // Every key is the shell's now, also those that are ours otherwise.
    terminal.enter('question=7; echo "quest $((question * 6))"')
    await terminal.waitFor(/^quest 42$/m)
    terminal.type(CTRL_RIGHT_BRACKET)
    await terminal.waitFor('The shell is given back')
    await ready(terminal, '$ echo "sum')
    terminal.type('\r')
    await terminal.waitFor(/^sum 42$/m)
    // It is the same shell.
    await ready(terminal, '$ cat')
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    terminal.enter('echo "kept $question"')
    await terminal.waitFor(/^kept 7$/m)
  })

  test('a shell that was left is replaced', async () => {
    const terminal = await begin(course(), { from: 'First' })
    await ready(terminal, '$ echo')
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    terminal.enter('exit')
    await terminal.waitFor('The shell is given back')
    await ready(terminal, '$ echo')
    terminal.type('\r')
    await terminal.waitFor(/^sum 42$/m)
  })

  test('both windows are live, and the one that is typed into is named', async () => {
    const terminal = await begin(course(), { from: 'Second' })
    await terminal.waitFor('── terminal two ──')
    await ready(terminal, '$ x=other')
    await terminal.waitFor('terminal one [two]')
    terminal.type('\r')
    await terminal.waitFor(/^in other$/m)
    await terminal.waitFor('── terminal one ──')
    await terminal.waitFor('terminal [one] two')
    terminal.type('\r')
    await terminal.waitFor(/^still \.$/m)
    await ready(terminal, '/ # echo inside')
    await terminal.waitFor('this is for the shell in a container')
    terminal.type('bb')
    await ready(terminal, '$ x=other')
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    terminal.enter('echo "two has $x"')
    await terminal.waitFor(/^two has other$/m)
  })

  test('back, skip, next, jump, again, help', async () => {
    const terminal = await begin(course())
    await terminal.waitFor('1/4')
    terminal.type('n')
    await ready(terminal, '$ echo')
    terminal.type('s')
    await ready(terminal, '$ cat')
    terminal.type('b')
    await ready(terminal, '$ echo')
    terminal.type('j')
    await terminal.waitFor('4  Third')
    terminal.type('4\r')
    await terminal.waitFor('The end.')
    terminal.type('r')
    await terminal.waitFor('The end.')
    terminal.type('?')
    await terminal.waitFor('Ctrl-] gives it back')
    terminal.type('\r')
    await terminal.waitFor('That was all of it.')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('it goes on where it was left, and from the start when that is wanted', async () => {
    const one = course()
    const first = await begin(one, { from: 'First' })
    await ready(first, '$ echo')
    first.type('s')
    await ready(first, '$ cat')
    first.type('q')
    await first.exit()
    expect(place(one)).toEqual({ section: 1, command: 1 })
    const second = await begin(one)
    await second.waitFor('You left here')
    await ready(second, '$ cat')
    second.type('q')
    await second.exit()
    const third = await begin(one, { from: 'start' })
    await third.waitFor('The beginning.')
    expect(third.screen.text).not.toContain('You left here')
    third.type('j')
    await third.waitFor('Number of the section')
    third.type('4\r')
    await third.waitFor('The end.')
    third.type('\r')
    await third.exit()
    expect(place(one)).toBeUndefined()
  })

  test('what was typed before anything was to be seen runs nothing', async () => {
    const terminal = await begin(course(), { from: 'First' })
    terminal.type('\r\r')
    await ready(terminal, '$ echo')
    expect(terminal.screen.text).not.toContain('sum 42')
  })

  test('a long text comes a page at a time', async () => {
    const one = course()
    writeFileSync(
      join(one.folder, 'README.md'),
      `# Long\n\n${Array.from({ length: 30 }, (_, n) => `- line${n}.`).join('\n')}\n`,
    )
    const terminal = await begin(one, { rows: 20 })
    await terminal.waitFor('Enter shows more')
    expect(terminal.screen.text).not.toContain('line29.')
    terminal.type('  ')
    await terminal.waitFor('line29.')
  })

  test('the shell has the size of the window, also when that changes', async () => {
    const terminal = await begin(course(), { from: 'First', cols: 90, rows: 30 })
    await ready(terminal, '$ echo')
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    terminal.enter('stty size')
    await terminal.waitFor(/^30 90$/m)
    terminal.resize(120, 35)
    terminal.enter('stty size')
    await terminal.waitFor(/^35 120$/m)
  })
})

describe('the terminal is given back as it was', patient, () => {
  // Its caretaker is a process of the same name.
  const walkers = () =>
    processes().filter(({ pid }) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/runner/walk-lesson.ts')
      } catch {
        return false // it has ended
      }
    })

  const inShell = async () => {
    const one = course()
    const shell = await hostShell({ env: one.env })
    const before = await shell.ask('stty -g')
    const children = shell.pid
    shell.enter(one.command.line([one.folder, 'First']))
    await ready(shell, '$ echo')
    const walker = walkers().find(({ ppid }) => ppid === children)!
    return { shell, before, walker, shells: processes().filter(({ ppid }) => ppid === walker.pid) }
  }

  test('after q', async () => {
    const { shell, before } = await inShell()
    shell.type('q')
    await shell.expectPrompt(/^host\$ /m)
    expect(await shell.ask('stty -g')).toBe(before)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('after %s, and its shells are gone', async signal => {
    const { shell, before, walker, shells } = await inShell()
    expect(shells.some(({ comm }) => comm === 'bash')).toBe(true)
    process.kill(walker.pid, signal)
    await eventually('the end of walk and of its caretaker', () => walkers().length === 0 || undefined)
    await shell.waitFor(/host\$ $/)
    expect(await shell.ask('stty -g')).toBe(before)
    await eventually('the end of its shells', () => !shells.some(({ pid }) => isAlive(pid)) || undefined)
  })
})

describe('in a lab', { ...patient, ...needs('root', 'busybox', 'pty', 'bash', 'ip') }, () => {
  test('a chapter is given in namespaces of its own', async () => {
    const env = { XDG_STATE_HOME: temporaryDirectory(), NO_COLOR: '1' }
    const terminal = await runner.terminal(['walk', '2', '--from', 'start'], { env, cols: 100, rows: 40 })
    await terminal.waitFor('02 · chroot', scaled(60_000))
    terminal.type('t')
    await terminal.waitFor('The shell is yours')
    terminal.enter('echo "host $(hostname), $(ip -o link | wc -l) device"; readlink /proc/self/ns/net')
    await terminal.waitFor(/^host lab, 1 device$/m)
    const [net] = await terminal.waitFor(/net:\[\d+\]/)
    expect(net).not.toBe(readlinkSync('/proc/self/ns/net'))
    terminal.type(`${CTRL_RIGHT_BRACKET}q`)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })
})

describe('in a lab the commands before the first stop are typed', {
  ...patient,
  ...needs('root', 'busybox', 'pty', 'bash', 'ip'),
}, () => {
  // A lab is gone only when its walk has ended by itself.
  const leave = async (terminal: Terminal): Promise<void> => {
    terminal.type('q')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  }

  const FIRST = `# 99 · lesson\n\n## First\n\n`
  const withFirst = (transcript: string): Course => {
    const one = course()
    writeFileSync(
      join(one.folder, 'README.md'),
      `${FIRST}${transcript}\n## Second\n\n\`\`\`console\n$ echo "x is $x"\n\`\`\`\n`,
    )
    return one
  }

  test('in each window, and what runs there still runs', async () => {
    const one = withFirst(
      '```console\n$ x=made; cd /\n```\n\n```console terminal=two\n$ x=other; pwd\n[..]\n$ sleep 600\n```\n',
    )
    const text = readFileSync(join(one.folder, 'README.md'), 'utf8')
    writeFileSync(
      join(one.folder, 'README.md'),
      `${text}\n\`\`\`console terminal=two\n$ ^C\n$ echo "two has $x"\n\`\`\`\n`,
    )
    const terminal = await begin(one, { from: 'Second', lab: true, cols: 80 })
    await terminal.waitFor(/Typing the commands before it: 0 of 3/, scaled(60_000))
    await terminal.waitFor('The 3 commands before it were typed for you')
    await ready(terminal, '$ echo "x is $x"')
    expect(terminal.screen.text).not.toContain('Not all was as the text says')
    terminal.type('\r')
    await terminal.waitFor(/^x is made$/m)
    await ready(terminal, '$ ^C')
    terminal.type('\r')
    await ready(terminal, '$ echo "two has')
    terminal.type('\r')
    await terminal.waitFor(/^two has other$/m)
    await leave(terminal)
  })

  test('one that shows something else is named', async () => {
    const terminal = await begin(withFirst('```console\n$ x=1; echo "$x"\n2\n/ # true\n```\n'), {
      from: 'Second',
      lab: true,
    })
    await terminal.waitFor('Not all was as the text says', scaled(60_000))
    await terminal.waitFor('- `x=1; echo "$x"` shows something else')
    await terminal.waitFor('- `true` was not typed: the text has the prompt')
    await ready(terminal, '$ echo "x is $x"')
    await leave(terminal)
  })

  test('one that ends the shell ends the typing, and the rest is said to be missing', async () => {
    const one = withFirst('```console\n$ x=1\n$ exit\n$ x=2\n```\n')
    const terminal = await begin(one, { from: 'Second', lab: true })
    await terminal.waitFor('- `exit` has ended the shell of its window', scaled(60_000))
    await terminal.waitFor('Nothing was typed from `x=2` on')
    await ready(terminal, '$ echo "x is $x"')
    terminal.type('\r')
    await terminal.waitFor(/^x is $/m)
    await leave(terminal)
  })

  test('s begins without the rest', async () => {
    const one = withFirst('```console\n$ sleep 5\n$ x=2\n```\n')
    const terminal = await begin(one, { from: 'Second', lab: true })
    await terminal.waitFor('0 of 2', scaled(60_000))
    terminal.type('s')
    await terminal.waitFor('Nothing was typed from `x=2` on')
    await ready(terminal, '$ echo')
    await leave(terminal)
  })
})

test('at 80 columns the keys are on the bar, and the title is shorter', patient, async () => {
  const one = course()
  const title = 'A heading that is much too long for a bar of eighty columns'
  writeFileSync(
    join(one.folder, 'README.md'),
    `# 99\n\n## ${title}\n\n<!-- notes: Ask. -->\n\n\`\`\`console\n$ true\n\`\`\`\n`,
  )
  const terminal = await begin(one, { from: 'heading', cols: 80 })
  await terminal.waitFor(/2\/2 A heading.*… · Enter types it · t take over · o notes · \? keys$/m)
})

test('the end: the questions, where their answers are, and the next chapter', {
  ...patient,
  ...needs('root', 'busybox', 'pty', 'bash', 'ip'),
}, async () => {
  const env = { XDG_STATE_HOME: temporaryDirectory(), NO_COLOR: '1' }
  const terminal = await runner.terminal(['walk', '2', '--from', 'Questions'], { env, cols: 80, rows: 40 })
  await terminal.waitFor('Typing the commands before it', scaled(60_000))
  terminal.type('s')
  await terminal.waitFor('▸ 1. ', scaled(60_000))
  await terminal.waitFor('the end: Enter or q leaves')
  terminal.type('q')
  await terminal.waitFor('The answers to the questions: npx tsx runner.ts read 2 --answers')
  await terminal.waitFor('The next chapter: npx tsx runner.ts walk 3')
  expect(await terminal.exit()).toEqual({ code: 0, signal: null })
})

describe('what cannot be done is one line', () => {
  test('without a terminal', async () => {
    expect(await runner.run(['walk', '4'])).toMatchObject(oneLine(125, /needs a terminal/))
  })

  test('from a section that is not there', { ...needs('pty') }, async () => {
    const terminal = await runner.terminal(['walk', '4', '--from', 'nonsense'], {
      env: { XDG_STATE_HOME: '/nowhere' },
    })
    await terminal.waitFor(/skdocker: there is no section "nonsense": there are 1 04 · allns/)
    expect(await terminal.exit()).toEqual({ code: 2, signal: null })
  })

  test('without root there is no lab', { ...needs('root', 'pty', 'setpriv') }, async () => {
    const line = `setpriv --reuid 65534 --clear-groups ${runner.line(['walk', '4'])}`
    const shell = await hostShell({ env: { XDG_STATE_HOME: '/nowhere' } })
    shell.enter(line)
    await shell.waitFor(/skdocker: a lab takes root.*--here/)
  })
})
