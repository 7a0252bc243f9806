import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, hostUnchanged, needs, ourProgram, temporaryDirectory, world } from '../harness/index.ts'
import { programOf } from './run.ts'

/** One line of a trace, ours or strace's. */
type Line = { readonly pid: string; readonly call: string; readonly args: string; readonly result: string }

const place = world('a host with private mounts', ['mount'])
hostUnchanged(place)

const traced = (file: string) => ourProgram(file).on(place)

const parse = (text: string, line: RegExp): Line[] =>
  [...text.matchAll(line)].map(([, pid, call, args, result]) => ({
    pid: pid!,
    call: call!,
    args: args!,
    result: result!,
  }))

const ours = (text: string): Line[] => parse(text, /^\[pid (\d+)\] (\w+)\((.*)\) = (.*)$/gm)

/** Where another process came between, strace writes a call in two parts. */
const straces = (text: string): Line[] => {
  const begun = new Map<string, string>()
  const whole = text.split('\n').map(line => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const resumed = rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '')
    begun.set(pid, rest.replace(/ <unfinished \.\.\.>$/, ''))
    return `${pid} ${resumed}`
  })
  return parse(whole.join('\n'), /^(\d+) (\w+)\((.*?)\)? +(?:\) )?= (.*)$/gm)
}

const brief = ({ call, result }: Line): string => `${call} = ${result.replace(/^(-1 \w+|\w+).*/, '$1')}`

// What strace explains in its own way is left out: zeros behind the arguments that count, structures, some flags.
const written = ({ call, args }: Line): string | undefined => {
  if (call === 'execve') return args.replace(/, (\[\d+ strings\]|0x.*)$/, '')
  if (call === 'fcntl') return args.replace(/, \w+$/, '')
  if (call === 'prctl') return args.replace(/(, 0)*$/, '')
  return ['chroot', 'chdir', 'mount', 'umount2', 'close_range'].includes(call) ? args : undefined
}

/** What strace sees while a program shows what it does; both, of the process that calls exec in the end. */
const besideStrace = async (file: string, args: readonly string[], options: readonly string[] = []) => {
  const log = join(await temporaryDirectory(), 'strace')
  const line = traced(file).line(['--trace', ...args])
  const { stderr } = await command('sh', '-c', `strace -f -s 300 -o ${log} ${options.join(' ')} ${line}`)
    .on(place)
    .run()
  const told = ours(stderr)
  const seen = straces(readFileSync(log, 'utf8'))
  const { pid } = told.find(({ call }) => call === 'prctl')!
  const ofChild = (lines: Line[]) => lines.filter(line => line.pid === pid && line.call !== 'clock_gettime')
  const steps = ofChild(seen)
  const exec = steps.findIndex(({ call, result }) => call === 'execve' && result === '0')
  const end = steps.findIndex(({ call }) => call === 'exit_group')
  return { stderr, pid, told, child: ofChild(told), strace: steps.slice(0, exec === -1 ? end : exec + 1) }
}

describe('--trace', needs('root', 'busybox', 'strace'), () => {
  test('shows each call of the child as strace sees it: in order, with its arguments and result', async () => {
    const { child, strace, told, pid, stderr } = await besideStrace('04-allns/main.ts', ['busybox', 'true'])
    expect(child.map(({ call }) => call)).toEqual(expect.arrayContaining(['prctl', 'chroot', 'mount', 'execve']))
    expect(child.map(brief)).toEqual(strace.map(brief))
    expect(child.map(written)).toEqual(strace.map(written))
    expect(stderr).toContain(`[pid ${pid}] +++ exited with 0 +++`)

    const own = told.filter(line => line.pid !== pid)
    expect(own.find(({ call }) => call === 'clone')).toMatchObject({
      args: expect.stringMatching(/CLONE_NEWNS.*CLONE_NEWPID.*SIGCHLD/),
      result: pid,
    })
    expect(own.find(({ call, args }) => call === 'waitpid' && args.startsWith(pid))).toMatchObject({ result: pid })
  })

  test('shows what the kernel said, not what was hoped for', async () => {
    const inject = ['-e', 'inject=mount:error=EBUSY:when=2']
    const { child, strace, stderr } = await besideStrace('04-allns/main.ts', ['busybox', 'true'], inject)
    expect(child.map(brief)).toEqual(['prctl = 0', 'mount = 0', 'chroot = 0', 'chdir = 0', 'mount = -1 EBUSY'])
    expect(strace.map(brief)).toEqual(child.map(brief))
    expect(stderr).toMatch(/\+\+\+ exited with 125 \+\+\+\nskdocker: mount\(.*EBUSY.*\n$/)
  })

  test('shows nothing after the step that failed', async () => {
    const { stderr, code } = await traced('02-chroot/main.ts').run(['--trace', 'no-such-rootfs', '/bin/true'])
    expect(code).toBe(125)
    const [, child] = /= (\d+)$/.exec(stderr.split('\n').find(line => line.includes('] clone('))!)!
    const lines = stderr.split('\n').filter(line => line.startsWith(`[pid ${child}]`))
    expect(lines.map(line => line.replace(/^\[pid \d+\] /, ''))).toEqual([
      'prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) = 0',
      'chroot("no-such-rootfs") = -1 ENOENT (No such file or directory)',
      '+++ exited with 125 +++',
    ])
    expect(stderr).toMatch(/\nskdocker: chroot\("no-such-rootfs"\): ENOENT [^\n]*\n$/)
  })
})

test('a mask is shown in octal, given or returned', async () => {
  const { stderr } = await programOf('umask.ts').run([], { setup: 'umask 022', env: { SKDOCKER_TRACE: '1' } })
  const masks = ours(stderr).filter(({ call }) => call === 'umask')
  expect(masks.map(({ args, result }) => `${args} = ${result}`)).toEqual(['027 = 022', '000 = 027'])
})

describe('SKDOCKER_TRACE', needs('root', 'busybox'), () => {
  const args = ['busybox', '/bin/sh', '-c', 'echo out; kill -9 $$']
  const run = (value: string) => traced('03-mount/main.ts').run(args, { env: { SKDOCKER_TRACE: value } })

  test('does the same for any program, on stderr alone, down to what puts the host back', async () => {
    const { stdout, stderr, code } = await run('1')
    expect({ stdout, code }).toEqual({ stdout: 'out\n', code: 137 })
    const lines = ours(stderr)
    const [mount] = lines.filter(({ call }) => call === 'mount')
    const [umount] = lines.filter(({ call }) => call === 'umount2')
    expect(umount).toMatchObject({ args: '"/proc", MNT_DETACH', result: '0' })
    expect(umount!.pid).not.toBe(mount!.pid)
    // Each line when it happened: the child first, and after its end the one that cleans up.
    const order = [`${mount!.pid}] mount(`, `${mount!.pid}] +++ killed by SIGKILL +++`, `${umount!.pid}] umount2(`]
    const found = order.map(text => stderr.indexOf(`[pid ${text}`))
    expect(found).not.toContain(-1)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  })

  test('0 is off', async () => {
    expect(await run('0')).toMatchObject({ stdout: 'out\n', stderr: '', code: 137 })
  })
})
