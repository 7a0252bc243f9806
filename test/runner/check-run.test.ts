import { readdirSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { isClean } from '../../runner/commands/check-command.ts'
import { hierarchies } from '../../runner/lab/lab-cgroups.ts'
import { hostUnchanged, needs } from '../harness/index.ts'
import { EN, Fixture, fence, varies, ZH } from './check-fixture.ts'

hostUnchanged()

const needsLab = needs('root', 'pty', 'bash', 'unshare', 'nsenter', 'busybox')

describe('a transcript', needsLab, () => {
  test('that is true', async () => {
    const text = `${varies('one', 'two', '[..SHELL..]', '<[..SHELL..]>')}${fence(
      'console',
      ...['$ echo one; echo two', 'one', 'two', '$ echo $$', '4711', '$ echo "<$$>"', '<4711>'],
      ...['$ seq 100', '1', '...', '100', '$ cat <<END', '> a', '>   b', '> END', 'a', '  b', '$ printf x', 'x'],
      ...['$ hostname', 'lab', '$ clear; echo after', 'after'],
    )}`
    const fixture = new Fixture(text)
    const report = await fixture.check()
    expect(report.problems).toEqual([])
    expect(report.counts).toMatchObject({ transcripts: 1, commands: 8 })
    expect(isClean([report])).toBe(true)
  })

  test('with wrong output is shown with what is so', async () => {
    const text = `x\n\n${varies('three [..]')}${fence('console', '$ echo one; echo two', 'one', 'three 3')}`
    expect(await new Fixture(text).findings()).toEqual([
      `${EN}:7: \`echo one; echo two\` shows something else\n  one\n- three [..]\n+ two`,
    ])
  })

  test('whose name means something else later', async () => {
    const text = varies('[..N..]', '[..N..]') + fence('console', '$ echo 1', '7', '$ echo 2', '7')
    expect(await new Fixture(text).findings()).toEqual([`${EN}:8: \`echo 2\` shows something else\n- [..N..]\n+ 2`])
  })

  test('has no wildcard that a reader would see', async () => {
    const text = fence('console', '$ echo 1', '[..N..]')
    expect(await new Fixture(text).findings()).toContain(
      `${EN}:3: a reader would see the wildcard in \`[..N..]\`: --update puts what was shown there`,
    )
  })

  test('has every line that the comment above it says, in that order', async () => {
    const text = varies('b [..]', 'a [..]') + fence('console', '$ echo a 1; echo b 2', 'a 1', 'b 2')
    expect(await new Fixture(text).findings()).toContain(
      `${EN}:1: no line of the transcript is \`a [..]\`, which the comment above it says`,
    )
  })

  test('says what varies right above it', async () => {
    const text = `${varies('a [..]')}\n${fence('console', '$ echo a', 'a')}`
    expect(await new Fixture(text).findings()).toContain(
      `${EN}:1: there is no transcript right below the comment that says what varies`,
    )
  })

  test('with an error in the middle goes on behind it', async () => {
    const text = fence('console', '$ echo a', 'a', '$ no-such-command', '$ echo b', 'c')
    const findings = await new Fixture(text).findings()
    expect(findings.map(finding => finding.split('\n')[0])).toEqual([
      `${EN}:4: \`no-such-command\` shows something else`,
      `${EN}:5: \`echo b\` shows something else`,
    ])
  })

  test('with a command that hangs ends, and so does the chapter', async () => {
    const block = fence('console timeout=1', '$ echo a; sleep 100', 'a', '$ echo b', 'b')
    const findings = await new Fixture(`${block}\n${fence('console', '$ echo c', 'c')}`).findings()
    expect(findings).toEqual([
      expect.stringMatching(`^${EN}:2: \`echo a; sleep 100\` has not ended within \\d+ s\nit has shown\n  a`),
      `${EN}:4: not run from here on: 2 commands of this chapter`,
    ])
  })

  test('that ends its shell', async () => {
    const findings = await new Fixture(fence('console', '$ exec true', '$ echo a', 'a')).findings()
    expect(findings[0]).toBe(`${EN}:2: \`exec true\` has ended the shell of its window`)
  })

  test('goes into a container and out again, in blocks of its own', async () => {
    const inside = ['/ # cd tmp', '/tmp # pwd', '/tmp', '/tmp # cd /', '/ # echo $((6 * 7))', '42']
    const text = [
      fence('console root', '$ chroot busybox /bin/sh', '...'),
      fence('console terminal=two', '$ hostname', 'lab'),
      fence('console', ...inside, '/ # ^D', '$ echo out', 'out'),
    ].join('\n')
    expect(await new Fixture(text).withBusybox().findings()).toEqual([])
  })

  test('tells a host from a container', async () => {
    const text = fence('console', '/ # echo a', 'a', '$ echo b', 'b')
    expect(await new Fixture(text).findings()).toEqual([
      `${EN}:2: the text has the prompt \`/ # \`, but there is the prompt \`$ \`: not run`,
    ])
  })

  test('that stays in a container', async () => {
    const text = fence('console', '$ chroot busybox /bin/sh', '...', '$ echo b', 'b')
    expect(await new Fixture(text).withBusybox().findings()).toEqual([
      `${EN}:4: the text has the prompt \`$ \`, but there is the prompt \`/ # \`: not run`,
      `${EN}:6: the chapter ends, and in terminal one the prompt is \`/ # \`: it must be back at \`$ \``,
    ])
  })

  test('presses keys', async () => {
    const text = `${varies('[1]+  Stopped[..]sleep 100', '[1]+  Killed[..]')}${fence(
      'console',
      ...['$ sleep 100', '$ ^C', '$ echo $?', '130', '$ sh -c "echo ready; sleep 100"', 'ready', '^C'],
      ...['$ sleep 100', '^Z', '[1]+  Stopped  sleep 100', '$ kill -9 %1; sleep 0.2', '[1]+  Killed  x'],
      ...['$ bash', '$ ^D', 'exit'],
    )}`
    expect(await new Fixture(text).findings()).toEqual([])
  })

  test('has shells in the shell', async () => {
    const nested = ['$ unshare -u bash', '$ hostname x', '$ hostname', 'x', '$ exit', 'exit', '$ hostname', 'lab']
    const text = fence('console', ...nested, '$ sh', '$ echo in', 'in', '$ exit')
    expect(await new Fixture(text).findings()).toEqual([])
  })

  test('has lines that are wider than the window', async () => {
    const long = 'x'.repeat(150)
    const text = fence(
      'console',
      `$ echo ${long}; echo b`,
      long,
      'b',
      `$ echo 汉${'字'.repeat(60)}`,
      `汉${'字'.repeat(60)}`,
    )
    expect(await new Fixture(text).findings()).toEqual([])
  })

  test('whose terminal does not show what is typed', async () => {
    const text = fence('console', '$ stty -echo', '$ echo a', 'a', '$ echo b', 'b')
    const findings = await new Fixture(text).findings()
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatch(`${EN}:3: the terminal no longer shows what is typed`)
  })
})

describe('needs', needsLab, () => {
  test('that are missing are a skip with a reason, and a failure where nothing may be skipped', async () => {
    const text =
      fence('console docker:', '$ a') + fence('console kernel:1000.1', '$ b') + fence('console', '$ true')
    const report = await new Fixture(text.replace('docker:', 'kernel:999')).check()
    expect(report.problems).toEqual([])
    expect(report.skips.map(({ line, reason }) => [line, reason])).toEqual([
      [1, expect.stringMatching(/^needs kernel:999: Linux .* is older than 999$/)],
      [4, expect.stringMatching(/^needs kernel:1000.1/)],
    ])
    vi.stubEnv('SKDOCKER_NO_SKIP', undefined)
    expect(isClean([report])).toBe(true)
    vi.stubEnv('SKDOCKER_NO_SKIP', '1')
    expect(isClean([report])).toBe(false)
    vi.unstubAllEnvs()
  })

  test.each(['kernal:5', 'rooot', 'ip|nftt'])('%s is unknown', async word => {
    const [finding] = await new Fixture(fence(`console ${word}`, '$ true')).findings()
    expect(finding).toBe(`${EN}:1: nobody knows the need ${word.replace('ip|', '')}, of the block's first line`)
  })

  test('one of two is enough', async () => {
    const report = await new Fixture(fence('console sh|podman', '$ true')).check()
    expect(report).toMatchObject({ problems: [], skips: [], counts: { transcripts: 1 } })
  })
})

describe('a chapter that leaves something', needsLab, () => {
  test.each([
    ['a mount', 'mount -t tmpfs here busybox', /^the mount .*\/busybox \(tmpfs here .*\)$/m],
    [
      'a group',
      'mkdir $(dirname $(find /sys/fs/cgroup -name cgroup.procs | head -1))/left',
      /^the cgroup .*\/left$/m,
    ],
    ['a process', 'setsid sleep 77 &>/dev/null & disown; sleep 0.2', /^the process sleep 77$/m],
    ['a link', 'ip link add left type bridge', /^the link left$/m],
    ['a file', 'touch left', /^the file left$/m],
    ['a file in /tmp', 'touch /tmp/left', /^the file \/tmp\/left$/m],
    ['another name', 'hostname left', /^the hostname left$/m],
    ['a message queue', 'ipcmk -Q >/dev/null', /^the msg queue \d+$/m],
    ['less than there was', 'rm -r busybox/usr', /^the file busybox\/usr is gone$/m],
  ])('%s', async (_, command, line) => {
    const text = `a\n\n${fence('console', `$ ${command}`, '...')}`
    const findings = await new Fixture(text).withBusybox().findings()
    expect(findings).toEqual([expect.stringMatching(`^${EN}:6: the chapter does not put the machine back\n`)])
    expect(findings[0]).toMatch(line)
  })

  test('and then the machine is as it was', async () => {
    const fixture = new Fixture(fence('console', '$ touch left; mkdir -p containers/x'))
    await fixture.check()
    expect(readdirSync(fixture.root)).toEqual(['chapters'])
    const groups = hierarchies().flatMap(({ mountPoint }) => readdirSync(mountPoint))
    expect(groups.filter(name => name.includes(`-${process.pid}-`) && name.startsWith('skdocker-lab'))).toEqual([])
  })
})

describe('--update', needsLab, () => {
  const before = [
    varies('pid [..PID..]') + fence('console', '$ echo pid $$; echo new', 'pid 4711', 'old'),
    fence('console', '$ seq 3', '0', '...', '3', '$ true', 'nothing', '$ echo a; echo b'),
  ].join('\n')
  const after = [
    varies('pid [..PID..]') + fence('console', '$ echo pid $$; echo new', 'pid 4711', 'new'),
    fence('console', '$ seq 3', '1', '...', '3', '$ true', '$ echo a; echo b', 'a', 'b'),
  ].join('\n')

  test('rewrites both languages, keeps wildcards, and is done after one time', async () => {
    const fixture = new Fixture(`# a\n\n${before}`, { [ZH]: `# 字\n\n${before}` })
    const { updated, problems } = await fixture.check(true)
    expect(problems).toEqual([])
    expect(updated).toEqual([EN, ZH])
    expect(fixture.read(EN)).toBe(`# a\n\n${after}`)
    expect(fixture.read(ZH)).toBe(`# 字\n\n${after}`)
    const again = await fixture.check(true)
    expect(again).toMatchObject({ updated: [], problems: [] })
  })

  test('puts a sample in the place of a wildcard, the same for the same name, and a comment above', async () => {
    const item = (...lines: readonly string[]): string => `- x\n\n${lines.map(line => `  ${line}\n`).join('')}`
    const wild = [
      item('```console', '$ echo "$$ a"; echo "1 2"', '[..SHELL..] a', '1 [..]', '```'),
      fence('console', '$ seq 4; echo $$', '1', '[..]', '3', '4', '[..SHELL..]'),
    ].join('\n')
    const fixture = new Fixture(wild)
    expect((await fixture.check(true)).problems).toEqual([])
    const shell = /(\d+) a/.exec(fixture.read(EN))![1]!
    const samples = [
      item(
        '<!-- varies:',
        '[..SHELL..] a',
        '1 [..]',
        '-->',
        '```console',
        '$ echo "$$ a"; echo "1 2"',
        `${shell} a`,
        '1 2',
        '```',
      ),
      varies('1', '[..]', '3', '4', '[..SHELL..]') +
        fence('console', '$ seq 4; echo $$', '1', '2', '3', '4', shell),
    ].join('\n')
    expect(fixture.read(EN)).toBe(samples)
    expect(fixture.read(ZH)).toBe(samples)
    expect(await fixture.check(true)).toMatchObject({ updated: [], problems: [] })
  })

  test('does not touch what did not end', async () => {
    const text = fence('console timeout=1', '$ sleep 100', 'a')
    const fixture = new Fixture(text)
    expect((await fixture.check(true)).updated).toEqual([])
    expect(fixture.read(EN)).toBe(text)
  })
})
