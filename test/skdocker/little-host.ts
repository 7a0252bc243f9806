/**
 * A little host for skdocker: network and mounts are the test's own, and so is the directory of images and containers.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { groupNames } from '#parts/cgroup/parent-group.ts'
import {
  atStart,
  type Command,
  eventually,
  type LiveProcess,
  littleHost,
  needs,
  OTHER_RULES,
  program,
  type Result,
  type RunOptions,
  repository,
  type StartOptions,
  scaled,
  shellOn,
  type Terminal,
  type TerminalOptions,
  temporaryDirectory,
  type World,
} from '../harness/index.ts'

export const RESOLV_CONF = 'nameserver 192.0.2.53\nsearch example\n'

export const machine = littleHost('little host', { ipv6: 'steady', resolvConf: RESOLV_CONF, setup: OTHER_RULES })

/** A host whose `/` is shared, as systemd has it. */
export const sharedMachine = littleHost('little host with shared /', {
  ipv6: 'steady',
  setup: `${OTHER_RULES}
  mount --make-rshared /`,
})

const NEEDS = [
  'root',
  'busybox',
  'ip',
  'iptables or nft',
  'filesystem:overlay',
  'cgroup:pids',
  'cgroup:memory',
  'cgroup:cpu',
]

/** For describe: what skdocker needs. */
export const needsSkdocker = needs(...NEEDS)

/** And a terminal for it. */
export const needsTerminal = needs(...NEEDS, 'pty')

/** A directory of images and containers, with the images of the project, or only those named. */
export const newHome = (name = 'home', names: readonly string[] = ['busybox', 'hello']): string => {
  const path = temporaryDirectory(name)
  atStart(() => {
    mkdirSync(join(path, 'images'))
    const images = join(repository, 'images')
    for (const file of readdirSync(images).filter(each => names.includes(parse(each).name)))
      copyFileSync(join(images, file), join(path, 'images', file))
  })
  return path
}

/** Another process holds the machine up: what a command needs to its end under load. */
const PATIENCE = scaled(60_000)

/** skdocker with a directory of its own. */
export class Skdocker {
  readonly home: string
  readonly #command: Command

  constructor(home: string, where: World = machine, file = 'skdocker/skdocker.js') {
    this.home = home
    this.#command = program(file).on(where)
  }

  #with<Options extends StartOptions>(options: Options): Options {
    return { ...options, env: { SKDOCKER_HOME: this.home, ...options.env } }
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.#command.run(args, { timeout: PATIENCE, ...this.#with(options) })
  }

  start(args: readonly string[], options: StartOptions = {}): Promise<LiveProcess> {
    return this.#command.start(args, this.#with(options))
  }

  terminal(args: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
    return this.#command.terminal(args, this.#with(options))
  }

  line(args: readonly string[]): string {
    return this.#command.line(args)
  }

  /** The output of a command that must succeed, without the last newline. */
  async out(...args: string[]): Promise<string> {
    const { code, signal, stdout, stderr } = await this.run(args)
    if (code === 0) return stdout.trimEnd()
    throw new Error(`skdocker ${args.join(' ')}\nended with ${code ?? signal}:\n${stdout}\n${stderr}`)
  }

  /** A container that is there until its input ends. */
  async waiting(...args: string[]): Promise<LiveProcess> {
    const live = await this.start(['run', ...args, 'busybox', '/bin/sh', '-c', 'echo started; cat'])
    await live.stdout.waitFor('started', PATIENCE)
    return live
  }

  /** What `ps -a` says of all containers, by name. */
  async containers(): Promise<Record<string, Listed>> {
    const all: Listed[] = JSON.parse(await this.out('ps', '-a', '--json'))
    return Object.fromEntries(all.map(each => [each.name, each]))
  }

  /** What is in containers/ and images/.layers/, but for the directories of the chapters' own programs. */
  files(): { containers: string[]; layers: string[] } {
    const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])
    const containers = names(join(this.home, 'containers')).filter(name => !/^\d\d-/.test(name))
    return { containers, layers: names(join(this.home, 'images/.layers')) }
  }
}

/** Of what `ps --json` says, what is looked at here. */
type Listed = {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly state: 'created' | 'running' | 'exited'
  readonly exitCode?: number
  readonly address?: string
  readonly init?: { readonly pid: number }
}

/** The command of a container that is a script. */
export const script = (text: string): string[] => ['/bin/sh', '-c', text]

/** A shell on the little host. */
export const onMachine = (text: string, where: World = machine): Promise<string> => shellOn(where)(text)

/** Waits until the kernel has taken the last cable away: it is in no hurry. */
export const unplugged = (where: World = machine) =>
  eventually(
    'the end of the last veth',
    async () => !(await onMachine('ip -o link', where)).includes('veth') || undefined,
  )

/** Checks a failure of skdocker itself: nothing on stdout, one line on stderr. */
export const complaint = ({ code, stdout, stderr }: Result): string => {
  const isOne = stdout === '' && /^skdocker: [^\n]+\n$/.test(stderr)
  if (isOne) return `${code} ${stderr.trim()}`
  throw new Error(`not one line: ${JSON.stringify({ code, stdout, stderr })}`)
}

/** The names of the groups of containers, in the hierarchy that counts processes. */
export const groups = (): string[] => groupNames(hierarchyOf('pids'))

/** Whether overlayfs keeps from the disk what a container changes. Source: filesystems/overlayfs.rst, Volatile mount */
export const isVolatile = (home: string, id: string): boolean =>
  existsSync(join(home, 'containers', id, 'work/work/incompat/volatile'))

/** The controllers' paths of a process. */
export const cgroupsOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8')
