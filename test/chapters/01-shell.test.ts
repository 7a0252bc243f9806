import { readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  children,
  eventually,
  hostUnchanged,
  isAlive,
  limits,
  needs,
  openDescriptors,
  program,
  type RunOptions,
  readProcess,
  scaled,
  signals,
  type Terminal,
  temporaryDirectory,
} from '../harness/index.ts'

const shell = program('01-shell/main.ts')

/** What a text prints, and how the shell ends. */
const say = (text: string, cwd?: string) => shell.run(['-c', text], { ...(cwd && { cwd }) })

const ONE_LINE = /^sh: [^\n]+\n$/

/** What $? is after each of some lines, all run by one shell, and the lines on stderr. */
const after = async (lines: readonly string[], options: RunOptions = {}) => {
  const input = lines.map(line => `${line}\necho $?\n`).join('')
  const { stdout, stderr } = await shell.run([], { ...options, input })
  const statuses = stdout.trim().split('\n').map(Number)
  return { statuses: lines.map((line, index) => [line, statuses[index]]), errors: stderr.split('\n').slice(0, -1) }
}

describe('status', () => {
  test('$? is that of the last command', async () => {
    const expected = Object.entries({
      true: 0,
      false: 1,
      "sh -c 'exit 42'": 42,
      'false; true': 0,
      'true; false': 1,
      'false; cd .': 0,
      'false; A=1': 0,
      'false; $NO_SUCH_VARIABLE': 0,
      "sh -c 'kill -KILL $$'": 137,
      "sh -c 'kill -TERM $$'": 143,
      'false | true': 0,
      'true | false': 1,
      'false &': 0,
      '(exit 3)': 3,
      'exit 3 | true': 0,
      'true | exit 3': 3,
    })
    const { statuses, errors } = await after(
      expected.map(([line]) => line),
      { env: { NO_SUCH_VARIABLE: undefined } },
    )
    expect(statuses).toEqual(expected)
    expect(errors).toEqual([])
  })

  test.each([
    ['', 0],
    ['# nothing', 0],
    ['false', 1],
    ["sh -c 'exit 42'", 42],
    ["sh -c 'kill -KILL $$'", 137],
    ['exit 42; echo not reached', 42],
    ['false; exit', 1],
    ['exit 300', 44],
  ])('the shell’s own, of %j, is %i', async (text, code) => {
    expect(await say(text)).toMatchObject({ code, stdout: '' })
  })
})

describe('what cannot be run is one line, and the shell goes on', () => {
  test('a command that is not there (row 3)', async () => {
    const { stdout, stderr } = await say('no-such-command; echo $?; /no/such/command; echo $?')
    expect(stdout).toBe('127\n127\n')
    expect(stderr).toMatch(/^sh: no-such-command: .*not found.*\nsh: \/no\/such\/command: .*not found.*\n$/)
  })

  test('a directory, and a file that is no program (row 4)', async () => {
    const directory = await temporaryDirectory()
    writeFileSync(join(directory, 'plain'), 'text')
    const { stdout, stderr } = await say('/; echo $?; ./plain; echo $?', directory)
    expect(stdout).toBe('126\n126\n')
    expect(stderr).toMatch(/^sh: \/: .*\nsh: \.\/plain: .*\n$/)
  })

  test('a script whose interpreter is not there (row 6)', async () => {
    const directory = await temporaryDirectory()
    writeFileSync(join(directory, 'script'), '#!/no/such/interpreter\n')
    await chmod(join(directory, 'script'), 0o755)
    const { code, stderr } = await say('./script', directory)
    expect(code).toBe(126)
    expect(stderr).toMatch(ONE_LINE)
    expect(stderr).toContain('./script')
  })

  test('more arguments than the kernel takes', async () => {
    const { stdout, stderr } = await shell.run([], {
      input: `A=${'x'.repeat(100_000)}\ntrue ${'$A'.repeat(2)}\necho $?\n`,
      env: { A: undefined },
    })
    expect(stdout).toBe('126\n')
    expect(stderr).toMatch(/^sh: true: E2BIG.*\n$/)
  })

  test('cd, exit and redirections', async () => {
    const expected: [string, number, string][] = [
      ['cd nowhere', 1, 'nowhere'],
      ['cd /etc/passwd', 1, 'ENOTDIR'],
      ["cd ''", 1, 'ENOENT'],
      ['cd / /', 1, 'cd'],
      ['cd', 1, 'HOME'],
      ['exit 1 2', 1, 'exit'],
      ['cat < nowhere', 125, 'nowhere'],
      ['> /', 125, 'EISDIR'],
      ['> $NO_SUCH_VARIABLE', 125, 'ENOENT'],
      ['(cat) < nowhere', 125, 'nowhere'],
      ['true > /dev/null/x', 125, 'ENOTDIR'],
    ]
    const env = { NO_SUCH_VARIABLE: undefined, HOME: undefined }
    const { statuses, errors } = await after(
      expected.map(([line]) => line),
      { env },
    )
    expect(statuses).toEqual(expected.map(([line, status]) => [line, status]))
    expect(errors).toEqual(expected.map(([, , named]) => expect.stringMatching(new RegExp(`^sh: .*${named}`))))
  })

  test('exit with something that is no number ends the shell all the same', async () => {
    const { code, stdout, stderr } = await say('exit abc; echo went on')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(ONE_LINE)
  })
})

describe('a syntax error', () => {
  test.each(['echo a && echo b', 'echo a; )', 'echo "a'])('%s → one line, 2, and nothing is run', async text => {
    const { code, stdout, stderr } = await say(text)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^sh: syntax error: [^\n]+\n$/)
  })

  test('ends a script where it stands', async () => {
    const { code, stdout, stderr } = await shell.run([], { input: 'echo a\necho b && echo c\necho d\n' })
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'a\n' })
    expect(stderr).toBe('sh: syntax error: unexpected &&\n')
  })
})

describe('words', () => {
  // One line each, and each with A='x  y' and without UNSET.
  const lines = {
    "printf '<%s>' a  b\tc": '<a><b><c>',
    "printf '<%s>' 'a  b' \"c  d\" e\\ f ''": '<a  b><c  d><e f><>',
    "printf '<%s>' '$HOME \\' \"\\$HOME \\\\\" \\$HOME": '<$HOME \\><$HOME \\><$HOME>',
    "printf '<%s>' a'b'\"c\"d": '<abcd>',
    "printf '<%s>' a # b": '<a>',
    "printf '<%s>' a#b * '#'": '<a#b><*><#>',
    "printf '<%s>' ä 🐳": '<ä><🐳>',
    "printf '<%s>' $A \"$A\" '$A'": '<x  y><x  y><$A>',
    'printf \'<%s>\' $UNSET "$UNSET" x$UNSET': '<><x>',
    "B=$A$A; printf '<%s>' $B": '<x  yx  y>',
    "B=1 C=2; printf '<%s>' $B$C": '<12>',
    'B=; printf \'<%s>\' "$B"': '<>',
    'B=1; env | grep ^B=': 'B=1\n',
    "A=1 sh -c 'echo $A'; echo $A": '1\nx  y\n',
    '$UNSET; echo $?': '0\n',
    'C=echo; $C a': 'a\n',
  }

  test('quotes, backslashes, comments and variables', async () => {
    const input = Object.keys(lines).map(line => `${line}\nprintf '\\0'\n`)
    const { stdout, stderr } = await shell.run([], { input: input.join(''), env: { A: 'x  y', UNSET: undefined } })
    const printed = stdout.split('\0').slice(0, -1)
    expect(Object.fromEntries(printed.map((text, index) => [Object.keys(lines)[index], text]))).toEqual(lines)
    expect(stderr).toBe('')
  })

  test('a text may have several lines, and a word of it, too', async () => {
    expect(await say('echo "a\nb"\necho c \\\n d')).toMatchObject({ stdout: 'a\nb\nc d\n', stderr: '' })
  })

  test('$$ is the shell', async () => {
    const running = await shell.start(['-c', 'echo $$'])
    expect((await running.exit()).stdout).toBe(`${running.pid}\n`)
  })
})

describe('redirections', () => {
  test('go into files and come from files', async () => {
    const directory = await temporaryDirectory()
    const { stdout, stderr } = await say(
      `echo one > a; echo two >> a; cat < a > b; >>c cat <b; > empty; no-such-command 2> d
       cat nowhere 2>e; A=f; echo three > "$A g"; (echo four; echo five) > h; echo six | cat > i`,
      directory,
    )
    const contentOf = (name: string): string => readFileSync(join(directory, name), 'utf8')
    expect(stdout).toBe('')
    expect(contentOf('b')).toBe('one\ntwo\n')
    expect(contentOf('c')).toBe('one\ntwo\n')
    expect(contentOf('empty')).toBe('')
    expect(contentOf('d')).toBe('')
    expect(stderr).toMatch(/^sh: no-such-command: .*\n$/)
    expect(contentOf('e')).toMatch(/nowhere/)
    expect(contentOf('f g')).toBe('three\n')
    expect(contentOf('h')).toBe('four\nfive\n')
    expect(contentOf('i')).toBe('six\n')
  })

  test('> begins anew, >> goes on, the last of several counts, and the umask holds', async () => {
    const directory = await temporaryDirectory()
    const { stdout } = await shell.run(
      ['-c', 'echo longer > a; echo b > a; cat a; echo c >> a; cat a; echo d > e > f; cat e f; stat -c %a a'],
      { cwd: directory, setup: 'umask 027' },
    )
    expect(stdout).toBe('b\nb\nc\nd\n640\n')
  })
})

describe('pipelines', () => {
  test('of three commands', async () => {
    expect(await say("printf 'b\\na\\nb\\n' | sort | uniq -c")).toMatchObject({ stdout: '      1 a\n      2 b\n' })
  })

  test('of forty', async () => {
    const { stdout, stderr } = await say(`echo a ${'| cat '.repeat(39)}`)
    expect({ stdout, stderr }).toEqual({ stdout: 'a\n', stderr: '' })
  })

  test('yes | head -1 ends quietly (row 13)', async () => {
    expect(await say('yes | head -1')).toMatchObject({ stdout: 'y\n', stderr: '', code: 0 })
  })

  test('64 MiB come through uncut (row 17)', async () => {
    const input = Buffer.alloc(2 ** 26, 'skdocker')
    const { bytes } = await shell.run(['-c', 'cat | (cat) | cat'], { input })
    expect(bytes.equals(input)).toBe(true)
  })

  test('wait for every command, not for the last alone', async () => {
    const directory = await temporaryDirectory()
    expect(await say('(sleep 0.3; echo a > late) | true; cat late', directory)).toMatchObject({ stdout: 'a\n' })
  })

  test('a command that waits for its redirection holds no pipe open for another', async () => {
    const directory = await temporaryDirectory()
    const text = "mkfifo fifo; echo a | sh -c 'cat > /dev/null; echo b > fifo' | cat < fifo"
    expect(await say(text, directory)).toMatchObject({ stdout: 'b\n' })
  })

  test('the error of each command is told', async () => {
    const { stderr, code } = await say('no-such-1 | no-such-2 | true')
    expect(code).toBe(0)
    expect(stderr.split('\n').sort()).toMatchObject([
      '',
      expect.stringContaining('no-such-1'),
      expect.stringContaining('no-such-2'),
    ])
  })
})

describe('what a child cannot do for the shell', () => {
  test('cd', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'a b'))
    const { stdout } = await shell.run(['-c', 'cd "a b"; pwd; cd ..; pwd; cd; pwd; echo $PWD'], {
      cwd: directory,
      env: { HOME: '/usr' },
    })
    expect(stdout).toBe(`${directory}/a b\n${directory}\n/usr\n/usr\n`)
  })

  test('a subshell keeps its directory, its variables and its end to itself', async () => {
    const { stdout } = await say('cd /; (cd /usr; pwd; A=b; echo $A; exit 4); echo $?; pwd; echo "<$A>"')
    expect(stdout).toBe('/usr\nb\n4\n/\n<>\n')
  })

  test('so does a command of a pipeline', async () => {
    const { stdout } = await say('cd /; cd /usr | true; pwd; A=b | true; echo "<$A>"; exit 3 | true; pwd')
    expect(stdout).toBe('/\n<>\n/\n')
  })

  test('subshells in one another', async () => {
    const { stdout } = await say("cd /; (cd /usr; (cd /etc; pwd; echo ')'); pwd # )\n); pwd")
    expect(stdout).toBe('/etc\n)\n/usr\n/\n')
  })
})

describe('a script on stdin', () => {
  test.each([
    ['a line', 'echo a\n', 'a\n'],
    ['no newline at the end', 'echo a\necho b', 'a\nb\n'],
    ['no text at all', '', ''],
    ['blank lines and comments', '\n  \n# a comment\necho a # b\n', 'a\n'],
    ['lines of another system', 'echo a\r\n\r\necho b\r\n', 'a\nb\n'],
    ['a long line', `printf %s ${'x'.repeat(100_000)} | wc -c\n`, '100000\n'],
    ['UTF-8', 'echo ä 🐳\n', 'ä 🐳\n'],
    ['the rest of the lines is a command’s to read', 'cat\nhello\nworld\n', 'hello\nworld\n'],
    ['a command takes one of the lines', "sh -c 'read x; echo $x'\nhello\necho world\n", 'hello\nworld\n'],
    ['exit leaves lines unread', 'echo a\nexit\necho b\n', 'a\n'],
    ['cd and variables stay for the next line', 'cd /\nA=b\npwd\necho $A\n', '/\nb\n'],
  ])('%s', async (_, input, stdout) => {
    expect(await shell.run([], { input })).toMatchObject({ stdout, stderr: '', code: 0 })
  })

  test.each([
    ['a NUL', Buffer.from('echo a\necho b\0c\necho d\n')],
    ['bytes that are not UTF-8', Buffer.from('echo a\necho b\xff\necho d\n', 'latin1')],
    ['a quote that is not closed', Buffer.from('echo a\necho "b')],
  ])('%s is a syntax error', async (_, input) => {
    const { code, stdout, stderr } = await shell.run([], { input })
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'a\n' })
    expect(stderr).toMatch(/^sh: syntax error: [^\n]+\n$/)
  })

  test('its status is that of the last command', async () => {
    expect(await shell.run([], { input: 'true\nfalse\n\n' })).toMatchObject({ code: 1 })
  })

  test('PS1 is not for scripts', async () => {
    expect(await shell.run([], { input: 'true\n', env: { PS1: 'prompt' } })).toMatchObject({
      stdout: '',
      stderr: '',
    })
  })

  test('a directory is no script', async () => {
    const { code, stderr } = await shell.run([], { setup: 'exec < /' })
    expect(code).toBe(125)
    expect(stderr).toMatch(/^[^\n]*EISDIR[^\n]*\n$/)
  })
})

describe('usage', () => {
  test.each([['-c'], ['--no-such-option'], ['script']])('%s is refused in one line', async (...args) => {
    const { code, stdout, stderr } = await shell.run(args)
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
  })
})

describe('processes', () => {
  hostUnchanged()

  test('a command is the shell’s child, and clean', async () => {
    const running = await shell.start(['-c', 'cat | cat; true'], { setup: 'exec 7</dev/null; ulimit -Sn 500' })
    const commands = await eventually(
      'two commands',
      () => {
        const found = children(running.pid).filter(({ comm }) => comm === 'cat')
        return found.length === 2 ? found : undefined
      },
      { program: running },
    )
    for (const { pid, pgrp } of commands) {
      expect(pgrp).toBe(readProcess(running.pid)!.pgrp)
      // The loader has a library open for a moment.
      const isClean = () => openDescriptors(pid).every(({ fd }) => fd < 3) || undefined
      await eventually('its descriptors to be the three', isClean, { program: running })
      expect(signals(pid)).toEqual({ blocked: [], ignored: [], caught: [] })
    }
    running.endInput()
    expect(await running.exit()).toMatchObject({ code: 0 })
  })

  test('the limit of open files is that of the shell above (row 14)', async () => {
    const setup = 'ulimit -Sn 500\n"$@"\nexit' // not exec: the shell above is to be there to look at
    const running = await shell.start(['-c', 'cat'], { setup })
    const cat = await eventually('cat', () => commandBelow(running.pid, 'cat'), { program: running })
    expect(limits(cat)['Max open files']!.soft).toBe(500)
    running.endInput()
    await running.exit()
  })

  test('descriptors of the shell do not grow in number (row 16)', async () => {
    const count = 'sh -c "ls /proc/$$/fd | wc -l"'
    const { stdout } = await say(
      `${count}; ${'true | true | no-such-command 2> /dev/null < /dev/null;'.repeat(20)} ${count}`,
    )
    const [before, after] = stdout.trim().split('\n').map(Number)
    expect(before).toBeGreaterThan(2)
    // Node itself may still close one that it started with.
    expect(after).toBeLessThanOrEqual(before!)
  })

  test('SIGTERM reaches the job, and ends the script', async () => {
    const running = await shell.start(['-c', 'cat; echo went on'])
    const cat = await eventually('cat', () => commandBelow(running.pid, 'cat'), { program: running })
    running.kill('SIGTERM')
    expect(await running.exit()).toMatchObject({ code: 143, stdout: '' })
    expect(isAlive(cat)).toBe(false)
  })

  test('a job that dies of a SIGINT of its own does not end the script', async () => {
    expect(await say("sh -c 'kill -INT $$'; echo $?")).toMatchObject({ stdout: '130\n', code: 0 })
  })
})

describe('&', () => {
  hostUnchanged()

  test('does not hold the shell up, and says nothing in a script', async () => {
    const running = await shell.start([
      '-c',
      'sleep 100 & sleep 100 & sleep 100 & sleep 100 & sleep 100 & echo on; sleep 0.1; cat',
    ])
    await running.stdout.waitFor('on')
    const sleeping = await eventually(
      'cat',
      () =>
        commandBelow(running.pid, 'cat') === undefined
          ? undefined
          : children(running.pid).filter(({ comm }) => comm === 'sleep'),
      { program: running },
    )
    expect(sleeping).toHaveLength(5)
    for (const { pid, pgrp } of sleeping) expect(pgrp).toBe(pid)
    for (const { pid } of sleeping) process.kill(pid)
    running.endInput()
    expect(await running.exit()).toMatchObject({ stdout: 'on\n', stderr: '', code: 0 })
  })

  test('gives /dev/null for stdin, unless it is redirected', async () => {
    const directory = await temporaryDirectory()
    writeFileSync(join(directory, 'a'), 'from a\n')
    const input = 'cat > b &\ncat < a > c &\necho d | cat > e &\nsleep 0.5\ncat b c e\n'
    expect(await shell.run([], { input, cwd: directory })).toMatchObject({ stdout: 'from a\nd\n', stderr: '' })
  })

  test('lives on when the shell ends', async () => {
    const directory = await temporaryDirectory()
    const { stdout } = await say('sh -c "echo \\$\\$; exec >/dev/null 2>&1; exec sleep 100" & sleep 0.3', directory)
    const pid = Number(stdout)
    expect(isAlive(pid)).toBe(true)
    process.kill(pid)
  })

  test('leaves no zombie while the shell runs, be it busy or waiting for a line (row 12)', async () => {
    const running = await shell.start()
    running.write('true &\ntrue | no-such-command & false &\nsleep 0.5\n')
    await running.stderr.waitFor('no-such-command')
    await eventually('no child', () => (children(running.pid).length === 0 ? true : undefined), {
      timeout: scaled(5000),
      program: running,
    })
    running.write('sleep 0.2 &\n')
    await eventually('a child', () => children(running.pid)[0], { program: running })
    await eventually('no child', () => (children(running.pid).length === 0 ? true : undefined), {
      timeout: scaled(5000),
      program: running,
    })
    running.endInput()
    expect(await running.exit()).toMatchObject({ code: 0 })
  })

  test('SIGTERM for the shell is not for what is in the background', async () => {
    const running = await shell.start()
    running.write('sleep 100 > /dev/null 2> /dev/null &\n')
    const sleeping = await eventually('sleep', () => commandBelow(running.pid, 'sleep'), { program: running })
    running.kill('SIGTERM')
    expect(await running.exit()).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(isAlive(sleeping)).toBe(true)
    process.kill(sleeping)
  })
})

/** The pid of the first descendant of that name. */
const commandBelow = (pid: number, name: string): number | undefined =>
  children(pid)
    .map(child => (child.comm === name ? child.pid : commandBelow(child.pid, name)))
    .find(found => found !== undefined)

const CTRL_C = '\x03'
const CTRL_D = '\x04'
const CTRL_BACKSLASH = '\x1c'

/** A shell at its prompt. */
const atPrompt = async (env = {}, prompt = /^\$ /m): Promise<Terminal> => {
  const terminal = await shell.terminal([], { env })
  await terminal.expectPrompt(prompt)
  return terminal
}

describe('on a terminal', needs('pty'), () => {
  hostUnchanged()

  test('there is a prompt before each line, and none after exit', async () => {
    const terminal = await atPrompt()
    expect(await terminal.ask('echo a')).toBe('a')
    expect(await terminal.ask('')).toBe('')
    expect(await terminal.ask('tty')).toMatch(/^\/dev\/pts\/\d+$/)
    terminal.enter('exit 42')
    expect(await terminal.exit()).toMatchObject({ code: 42 })
    expect(terminal.screen.text).toMatch(/\$ exit 42\n$/)
  })

  test('PS1 is the prompt, from the environment and when it changes', async () => {
    const terminal = await atPrompt({ PS1: 'one> ' }, /^one> /m)
    terminal.enter("PS1='[two]: '")
    await terminal.expectPrompt(/^\[two\]: /m)
    expect(await terminal.ask('echo a')).toBe('a')
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('Ctrl-D ends it, with the last status and the cursor on a new line', async () => {
    const terminal = await atPrompt()
    await terminal.ask('false')
    terminal.type(CTRL_D)
    expect(await terminal.exit()).toEqual({ code: 1, signal: null })
    expect(terminal.screen.text).toMatch(/\$ \n$/)
  })

  test('Ctrl-C at the prompt: a new line, a new prompt, and what was typed is forgotten', async () => {
    const terminal = await atPrompt()
    terminal.type('echo a')
    await terminal.waitFor('echo a')
    terminal.type(CTRL_C)
    await terminal.waitFor(/\^C\n\$ /)
    terminal.type(`echo b${CTRL_D}`)
    await terminal.waitFor('echo b')
    terminal.type(CTRL_C)
    await terminal.waitFor(/\^C\n\$ /)
    expect(await terminal.ask('echo c')).toBe('c')
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test.each([
    ['a command', 'cat; echo went on'],
    ['a pipeline', 'cat | cat; echo went on'],
    ['a subshell', '(cat; echo went on); echo went on'],
    ['a list in a pipeline', '(cat; echo went on) | cat; echo went on'],
    ['the opening of a FIFO', 'cat < fifo; echo went on'],
  ])('Ctrl-C ends %s and what comes after it on the line, not the shell (row 10)', async (_, line) => {
    const directory = await temporaryDirectory()
    const terminal = await atPrompt()
    await terminal.ask(`cd ${directory}`)
    await terminal.ask('mkfifo fifo')
    const sleeping = Number(await terminal.ask('sleep 100 &'))
    const before = children(terminal.pid).length
    terminal.enter(line)
    const job = await eventually(
      'the job',
      () => {
        const running = children(terminal.pid).slice(before)
        const isThere = line.includes('fifo')
          ? running.length > 0
          : running.some(({ pid, comm }) => comm === 'cat' || commandBelow(pid, 'cat'))
        return isThere ? running : undefined
      },
      { program: terminal },
    )
    terminal.type(CTRL_C)
    await terminal.waitFor(/\^C\n\$ /)
    for (const { pid } of job) expect(isAlive(pid)).toBe(false)
    expect(isAlive(sleeping)).toBe(true)
    expect(await terminal.ask('echo $?')).toBe('130')
    expect(terminal.screen.text).not.toMatch(/^went on/m)
    process.kill(sleeping)
    terminal.type(CTRL_D)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('Ctrl-C that the job makes use of is not for the shell', async () => {
    const terminal = await atPrompt()
    terminal.enter('sh -c \'trap "exit 5" INT; echo ready; read x\'; echo $?')
    await terminal.waitFor(/^ready/m)
    terminal.type(CTRL_C)
    await terminal.waitFor(/^(\^C)?5\n\$ /m)
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('Ctrl-C in a script ends the script', async () => {
    const terminal = await shell.terminal(['-c', 'cat; echo went on'])
    await eventually('cat', () => commandBelow(terminal.pid, 'cat'), { program: terminal })
    terminal.type(CTRL_C)
    expect(await terminal.exit()).toMatchObject({ code: 130 })
    expect(terminal.screen.text).not.toContain('went on')
  })

  test('Ctrl-\\ ends the job, not the shell', async () => {
    const terminal = await atPrompt()
    terminal.type(CTRL_BACKSLASH)
    await terminal.waitFor('^\\')
    expect(await terminal.ask('echo a')).toBe('a')
    terminal.enter('cat')
    await eventually('cat', () => commandBelow(terminal.pid, 'cat'), { program: terminal })
    terminal.type(CTRL_BACKSLASH)
    await terminal.waitFor(/^\^\\.*\$ /m)
    expect(await terminal.ask('echo $?')).toBe('131')
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('a command reads what is typed', async () => {
    const terminal = await atPrompt()
    terminal.enter('cat')
    terminal.enter('hello')
    await terminal.waitFor(/^hello\nhello\n/m)
    terminal.type(CTRL_D)
    await terminal.waitFor(/^\$ /m)
    expect(await terminal.ask('echo $?')).toBe('0')
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('a syntax error, and a command that is not there, are one line each', async () => {
    const terminal = await atPrompt()
    expect(await terminal.ask('echo a && echo b')).toBe('sh: syntax error: unexpected &&')
    expect(await terminal.ask('echo $?')).toBe('2')
    expect(await terminal.ask('no-such-command')).toMatch(/^sh: no-such-command: [^\n]*$/)
    expect(await terminal.ask('echo $?')).toBe('127')
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('& tells the pid', async () => {
    const terminal = await atPrompt()
    const pid = Number(await terminal.ask('sleep 100 &'))
    const sleeping = await eventually('sleep', () => children(terminal.pid).find(({ comm }) => comm === 'sleep'), {
      program: terminal,
    })
    expect(sleeping).toMatchObject({ pid, pgrp: pid })
    process.kill(pid)
    await eventually('no zombie', () => (readProcess(pid) === undefined ? true : undefined), { program: terminal })
    terminal.type(CTRL_D)
    await terminal.exit()
  })

  test('lines typed ahead are run one after the other', async () => {
    const terminal = await atPrompt()
    terminal.type("sh -c 'read x; echo got $x'\rtyped ahead\recho b\r")
    await terminal.waitFor(/^got typed ahead\n/m)
    await terminal.waitFor(/^(\$ )?b\n\$ /m)
    terminal.type(CTRL_D)
    await terminal.exit()
  })
})
