/**
 * A little host for skdocker: network and mounts are the test's own, and so is the directory of images and containers.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { groupNames } from '#parts/cgroup/parent-group.ts'
import {
  type Command,
  command,
  type LiveProcess,
  needs,
  program,
  type Result,
  type RunOptions,
  repository,
  type StartOptions,
  scaled,
  type Terminal,
  type TerminalOptions,
  temporaryDirectory,
  type World,
  world,
} from '../harness/index.ts'

// Duplicate address detection makes addresses change by themselves, seconds later. With the rules of another program
// the tables and chains are there, which stay when ours go.
const QUIET = `
  ip link set lo up
  for file in /proc/sys/net/ipv6/conf/*/accept_dad; do [ ! -e $file ] || echo 0 >$file; done
  echo 0 >/proc/sys/net/ipv4/ip_forward
  if command -v iptables; then
    iptables -A FORWARD -s 192.0.2.7 -j DROP
    iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
  fi`

export const RESOLV_CONF = 'nameserver 192.0.2.53\nsearch example\n'

export const machine = world(
  'little host',
  ['net', 'mount'],
  `${QUIET}
  mount -t tmpfs run /run
  printf '${RESOLV_CONF.replaceAll('\n', '\\n')}' >/run/resolv.conf
  mount --bind /run/resolv.conf /etc/resolv.conf`,
)

/** A host whose `/` is shared, as systemd has it. */
export const sharedMachine = world(
  'little host with shared /',
  ['net', 'mount'],
  `${QUIET}
  mount --make-rshared /`,
)

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
  const path = join(temporaryDirectory(), name)
  mkdirSync(join(path, 'images'), { recursive: true })
  for (const image of names)
    copyFileSync(join(repository, `images/${image}.tar`), join(path, `images/${image}.tar`))
  return path
}

/** Another process holds the machine up: what a command needs to its end under load. */
const PATIENCE = scaled(60_000)

/** skdocker with a directory of its own. */
export class Skdocker {
  readonly home: string
  readonly #command: Command

  constructor(home: string, where: World = machine, file = 'skdocker/main.ts') {
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

  /** What is in containers/ and images/.layers/. */
  files(): { containers: string[]; layers: string[] } {
    const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])
    return { containers: names(join(this.home, 'containers')), layers: names(join(this.home, 'images/.layers')) }
  }
}

/** Of what `ps --json` says, what is looked at here. */
export type Listed = {
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
export const onMachine = async (text: string, where: World = machine): Promise<string> => {
  const { stdout, stderr, code } = await command('sh', '-ec').on(where).run([text])
  if (code !== 0) throw new Error(`${text}\nended with ${code}:\n${stderr}`)
  return stdout.trim()
}

/** What fails in the runtime itself: nothing on stdout, one line on stderr. */
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
