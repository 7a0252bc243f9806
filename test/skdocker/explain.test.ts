/** `skdocker run --explain` against `--trace` of the same run: what is said is what is done, call by call. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hostUnchanged } from '../harness/index.ts'
import { machine, needsSkdocker, newHome, Skdocker } from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']))

hostUnchanged(machine)

type Line = { readonly who: string; readonly call: string; readonly chapter: string }

const explain = async (...args: string[]): Promise<Line[]> => {
  const text = await skdocker.out('run', '--explain', ...args)
  return text.split('\n').map(line => {
    const [, who = '', call = '', chapter = ''] = /^(\w+) +(.*?) +→ (\S+)$/.exec(line) ?? []
    return { who, call, chapter }
  })
}

type Traced = { readonly pid: number; readonly call: string; readonly result: string }

const trace = async (...args: string[]): Promise<Traced[]> => {
  const { code, stderr } = await skdocker.run(['--trace', 'run', ...args])
  expect(code).toBe(0)
  return [...stderr.matchAll(/^\[pid (\d+)\] (.*\)) = (.*)$/gm)].map(([, pid, call = '', result = '']) => ({
    pid: Number(pid),
    call,
    result,
  }))
}

/** How the calls are made, which is the same for every program here: native/ explains it. */
const MACHINERY = /^(flock|pipe2|mmap|mprotect|munmap|sigprocmask|close|read)\(/

/** Where a descriptor of the parent came from. */
const nameOf = (path: string): string =>
  path === '/dev/null' ? 'null' : /\/(log|status)$/.test(path) ? path.split('/').at(-1)! : path

class Run {
  readonly #all: readonly Traced[]
  readonly #parent: number
  readonly #child: number

  constructor(all: readonly Traced[]) {
    this.#all = all
    this.#parent = all[0]!.pid
    this.#child = all.find(({ call }) => call.startsWith('pivot_root('))!.pid
  }

  /** What the parent did, in the words of --explain. */
  parent(): string[] {
    return this.#all.flatMap((each, index) => {
      if (each.pid === this.#parent) return this.#parentCall(each, index)
      return each.pid !== this.#child && /^execve\("[^"]*\/sh"/.test(each.call) ? ['sh -euc'] : []
    })
  }

  #parentCall({ call, result }: Traced, index: number): string[] {
    if (MACHINERY.test(call)) return []
    // The last group takes the group of all groups with it, if another program has none.
    if (/^rmdir\(".*\/skdocker"\)$/.test(call)) return []
    if (/^write\(\d+, "\."\)$/.test(call)) return ['write(gate, ".")']
    const [, input] = /^write\(\d+, (".*")\)$/.exec(call) ?? []
    if (input !== undefined) return this.#ipCommands(input, index)
    const [, flags] = /^clone\(\w+, \w+, (?:CLONE_VM\|)?(.*), \w+\)$/.exec(call) ?? []
    if (flags !== undefined) return this.#birth(flags, result)
    if (call.startsWith('waitpid('))
      return call.startsWith(`waitpid(${this.#child},`) ? [`waitpid(${this.#child})`] : []
    return [call]
  }

  #birth(flags: string, result: string): string[] {
    if (Number(result) === this.#child) return [`clone(child, ${flags}) = ${result}`]
    const { call } = this.#all.find(({ pid }) => pid === Number(result)) ?? {}
    return call === undefined ? [`clone(shim, ${flags})`] : [] // a tool
  }

  /** What ip(8) was told; what it was asked is a fact and no act. */
  #ipCommands(input: string, index: number): string[] {
    const { call } = this.#all.slice(index).find(each => each.call.startsWith('execve('))!
    if (call.includes('"-json"')) return []
    return (JSON.parse(input) as string)
      .trim()
      .split('\n')
      .map(line => `ip ${line}`)
  }

  /** What the child did until it was its command, in the words of --explain. */
  child(): string[] {
    const opened = new Map(
      this.#all.flatMap(({ pid, call, result }) => {
        const [, path] = /^open\("(.*)", /.exec(call) ?? []
        return pid === this.#parent && path !== undefined ? [[result, nameOf(path)]] : []
      }) as [string, string][],
    )
    const calls = this.#all.filter(({ pid }) => pid === this.#child).map(({ call }) => call)
    const gate = calls.findIndex(call => /^read\(/.test(call))
    return calls.map((call, index) => {
      if (index === gate - 1) return call.replace(/^close\(\d+\)/, "close(gate, the parent's end)")
      if (index === gate) return call.replace(/\d+/, 'gate')
      if (index > gate) return call
      return call.replace(/^(write|dup3)\((\d+)/, (_, name, fd) => `${name}(${opened.get(fd)}`)
    })
  }
}

/** What stands for a value that was not known, with the value once it is. */
class Placeholders {
  readonly #values = new Map<string, string>()

  /** Whether a call is what was explained; the same name stands for the same value everywhere. */
  fits(explained: string, call: string): boolean {
    const names: string[] = []
    const pattern = explained
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(
        /(?<![A-Z_])(CONTAINER_ID|PID|DEVICE|(BRIDGE_HARDWARE_|HARDWARE_|)ADDRESS|GATEWAY|PREFIX)(?![A-Z_])/g,
        name => {
          const known = this.#values.get(name)
          if (known !== undefined) return known.replaceAll('.', '\\.')
          if (names.includes(name)) return `\\${names.indexOf(name) + 1}`
          names.push(name)
          return '([\\w.:]+)'
        },
      )
    const [, ...found] = new RegExp(`^${pattern}$`).exec(call) ?? []
    for (const [index, name] of names.entries()) if (found[index]) this.#values.set(name, found[index])
    return found.length === names.length && new RegExp(`^${pattern}$`).test(call)
  }

  /** The calls, with the explained one in place of each that it fits. */
  explain(explained: readonly string[], calls: readonly string[]): string[] {
    return calls.map((call, index) => (this.fits(explained[index] ?? '', call) ? explained[index]! : call))
  }
}

/** One gate is all there is here, so its name does not matter. */
const withoutGateName = (call: string): string => call.replace(/\(gate \w+/, '(gate')

const callsOf = (lines: readonly Line[], who: string): string[] =>
  lines
    .filter(line => line.who === who)
    .map(({ call }) =>
      withoutGateName(call)
        .replace(/^nsenter -t PID -n /, '')
        .replace(/^sh -euc .*/, 'sh -euc'),
    )

const CLEAN_START = /^(\w+)\(…\), /

/** Puts one line in place of the many calls that give a command a clean start, if it names them all. */
const foldCleanStart = (calls: readonly string[], line: string): string[] => {
  const names = line.split(', ').map(name => name.replace('(…)', ''))
  const command = calls.findIndex(call => call.startsWith('execve('))
  let begin = command
  while (begin > 0 && names.includes(calls[begin - 1]!.split('(')[0]!)) begin--
  return [...calls.slice(0, begin), line, ...calls.slice(command)]
}

describe('what run --explain says is what --trace shows', needsSkdocker, () => {
  test.each<[string, string[]]>([
    ['without a network', ['--rm', '--network', 'none', 'busybox', '/bin/true']],
    ["on the host's network, and it stays", ['--network', 'host', '--name', 'stays', 'busybox', '/bin/true']],
    [
      'on a bridge that is made for it, with limits',
      ['--rm', '--memory', '64m', '--cpus', '0.5', 'busybox', '/bin/true'],
    ],
    ['detached', ['-d', '--network', 'none', '--name', 'detached', 'busybox', '/bin/true']],
  ])('%s', async (_, args) => {
    const lines = await explain(...args)
    const run = new Run(await trace(...args))
    const placeholders = new Placeholders()

    const parent = callsOf(lines, 'parent')
    expect(placeholders.explain(parent, run.parent())).toEqual(parent)

    const child = callsOf(lines, 'child')
    const folded = foldCleanStart(run.child(), child.find(call => CLEAN_START.test(call))!)
    expect(placeholders.explain(child, folded)).toEqual(child)
    if (args.includes('--name')) await skdocker.out('rm', '-f', args[args.indexOf('--name') + 1]!)
  })

  test('a command without a slash is looked for along PATH, as far as it takes', async () => {
    const args = ['--rm', '--network', 'none', 'busybox', 'true']
    const tries = (calls: readonly string[]) =>
      calls.filter(call => call.startsWith('execve(')).map(call => call.split(',')[0])
    const explained = tries(callsOf(await explain(...args), 'child'))
    const made = tries(new Run(await trace(...args)).child())
    expect(made.at(-1)).toBe('execve("/bin/true"')
    expect(explained.slice(0, made.length)).toEqual(made)
  })

  test('and it makes nothing, not even the layer of an image that nobody has unpacked', async () => {
    const fresh = new Skdocker(newHome('fresh', ['busybox']))
    await fresh.out('run', '--explain', 'busybox', '/bin/true')
    expect(readdirSync(fresh.home)).toEqual(['images'])
    expect(existsSync(join(fresh.home, 'images/.layers'))).toBe(false)
  })

  test('and what cannot be run is refused as run refuses it', async () => {
    for (const args of [
      ['nope', 'true'],
      ['--hostname', '-', 'busybox', 'true'],
      ['--name', 'a/b', 'busybox', 'true'],
    ]) {
      const [explained, refused] = [
        await skdocker.run(['run', '--explain', ...args]),
        await skdocker.run(['run', ...args]),
      ]
      expect(explained).toMatchObject({ code: 125, stdout: '', stderr: refused.stderr })
    }
  })
})
