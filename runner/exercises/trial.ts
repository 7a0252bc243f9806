/** A trial: a reader's program at a site, a lab as a rule, where checks start it and look at what it does. */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pidsOf } from '#native/process-state.ts'
import type { Lab } from '../lab/lab.ts'
import { startTypeScript } from '../needs/start-typescript.ts'
import { findInit } from '../probe/find-init.ts'
import { startedBy } from '../probe/processes.ts'
import { scale } from '../scale.ts'
import { NotSo } from './exercise.ts'
import { type Ended, LabProcess } from './lab-process.ts'
import { BareSite, type Site, scratchOf } from './site.ts'

const PATIENCE = 8000 * scale // ms for what takes a moment
const GLANCE = 10 // ms between two looks

/** What stands for a program that is to be tried: its words, and where it is run. */
export type Candidate = {
  readonly words: readonly string[]
  readonly cwd: string
}

/** A container that runs, whose command is a shell that does what it is told. */
export type Running = {
  /** the container's first process, as this machine sees it */
  readonly init: number
  /** what the shell writes to stdout while it does something; throws NotSo when it does not answer */
  readonly ask: (line: string) => Promise<string>
  /** has the shell exit, and waits for the program */
  readonly exit: (code?: number) => Promise<Ended>
}

type ContainerOptions = {
  /**
   * 'host' for a container that has no root directory of its own: see findInit(). 'any' for one of which that is not known
   * yet: its shell is asked for its number
   */
  readonly root?: 'own' | 'host' | 'any'
  /** what runs in it; by default a shell. For a command that outlives its input, such as `sleep`, nothing can be asked */
  readonly command?: readonly string[]
}

/** Looks again and again until something is seen; undefined when it is not seen in time. */
export const eventually = async <T>(look: () => T | undefined, patience = PATIENCE): Promise<T | undefined> => {
  for (const limit = performance.now() + patience; ; await sleep(GLANCE)) {
    const seen = look()
    if (seen !== undefined || performance.now() > limit) return seen
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** How a program ended, in a few words, for what was seen. */
export const howItEnded = ({ code, signal, timedOut }: Ended): { en: string; zh: string } => {
  if (timedOut) return { en: 'it had not ended after some seconds', zh: '等了好几秒也没有结束' }
  if (signal) return { en: `it was ended by ${signal}`, zh: `被 ${signal} 结束` }
  return { en: `it ended with exit code ${code}`, zh: `退出码是 ${code}` }
}

export class Trial {
  readonly #site: Site
  readonly #candidate: Candidate
  readonly #containers = new Map<string, Promise<Running>>()
  readonly #beside = new Map<string, Trial>()
  #last: { readonly stderr: string } = { stderr: '' }

  constructor(site: Site, candidate: Candidate) {
    this.#site = site
    this.#candidate = candidate
  }

  /** A process of the site: what is equal to its namespaces is the machine's own. */
  get host(): number {
    return this.#site.pid
  }

  /** Throws Error where there is none: a check that needs it belongs to an exercise that needs root. */
  get lab(): Lab {
    if (this.#site instanceof BareSite) throw new Error('this check needs a lab')
    return this.#site
  }

  /** A directory for files of checks, which is gone after the try. */
  get scratch(): string {
    return scratchOf(this.#site)
  }

  /**
   * A trial of another program in the same lab: one that the checks need beside the reader's.
   * @param file below chapters/: '04-allns/main.ts'
   */
  beside(file: string): Trial {
    const path = join(this.#site.root, 'chapters', file)
    const known = this.#beside.get(path)
    if (known) return known
    const made = new Trial(this.#site, { words: startTypeScript(path), cwd: this.#site.root })
    this.#beside.set(path, made)
    return made
  }

  /** What the program has written to stderr, the last time that it ran. */
  get stderr(): string {
    return this.#last.stderr
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options: { input?: string; timeout?: number } = {}): Promise<Ended> {
    const running = this.#spawn([...this.#candidate.words, ...args])
    this.#last = running
    if (options.input !== undefined) running.write(options.input)
    running.endInput()
    return running.exit(options.timeout ?? PATIENCE)
  }

  /** Starts the program, with its input open. */
  start(args: readonly string[]): LabProcess {
    const running = this.#spawn([...this.#candidate.words, ...args])
    this.#last = running
    return running
  }

  /**
   * Runs a line of bash at the site, outside of any container.
   * @param args what "$@" stands for in it
   */
  onHost(line: string, args: readonly string[] = []): Promise<Ended> {
    const running = this.#spawn(['bash', '-c', line, 'bash', ...args], this.#site.root)
    running.endInput()
    return running.exit(PATIENCE)
  }

  /**
   * A container with a shell in it. Checks share one for each command line, as long as nobody has it exit.
   * @param args what comes before the shell: the root filesystem
   * @throws NotSo when none comes up
   */
  container(args: readonly string[], options: ContainerOptions = {}): Promise<Running> {
    const key = JSON.stringify([args, options])
    const known = this.#containers.get(key)
    if (known) return known
    const made = this.#startShell(args, options, () => this.#containers.delete(key))
    this.#containers.set(key, made)
    return made
  }

  /** Another container than that one, for a check that ends it, or that changes the machine beforehand. Throws as container(). */
  freshContainer(args: readonly string[], options: ContainerOptions = {}): Promise<Running> {
    return this.#startShell(args, options, () => {})
  }

  async #startShell(args: readonly string[], options: ContainerOptions, forget: () => void): Promise<Running> {
    const { command = ['/bin/sh'], root = 'own' } = options
    const starter = this.start([...args, ...command])
    const look = root === 'any' ? findByNumber(starter) : findInit(starter.pid, { root })
    // Asked before the look, because its last deed and its end may both fall between the two.
    let isOver = false
    const init = await eventually(() => {
      const hasEnded = starter.hasEnded
      const seen = look()
      isOver = hasEnded
      return seen ?? (isOver ? 0 : undefined)
    })
    if (!init) throw await noContainer(starter)
    const exit = (code = 0): Promise<Ended> => {
      forget()
      starter.write(`exit ${code}\n`)
      starter.endInput()
      return starter.exit(PATIENCE)
    }
    return { init, ask: line => askShell(starter, line), exit }
  }

  #spawn(words: readonly string[], cwd = this.#candidate.cwd): LabProcess {
    const inPlace = ['sh', '-c', 'cd "$0" && exec "$@"', cwd, ...words]
    const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...this.#site.env }
    return new LabProcess(this.#site.enter(inPlace), { cwd: '/', env })
  }
}

/** Looks for the shell that a program has started: the descendant that has the number which the shell says it has. */
const findByNumber = (starter: LabProcess): (() => number | undefined) => {
  starter.write('echo $$\n')
  return () => {
    const [, said] = /^(\d+)\n/.exec(starter.stdout) ?? []
    if (said === undefined) return undefined
    return startedBy(starter.pid).find(({ pid }) => pidsOf(pid).at(-1) === Number(said))?.pid
  }
}

let asked = 0

const askShell = async (starter: LabProcess, line: string): Promise<string> => {
  asked += 1
  const [begin, end] = [starter.stdout.length, `[done ${asked}]\n`]
  starter.write(`${line}\necho "[done ${asked}]"\n`)
  const at = await eventually(() => {
    const index = starter.stdout.indexOf(end, begin)
    return index >= 0 ? index : starter.hasEnded ? -1 : undefined
  })
  if (at !== undefined && at >= 0) return starter.stdout.slice(begin, at)
  throw new NotSo({
    en: `the shell in the container did not answer to ${shown(line)}`,
    zh: `容器里的 shell 对 ${shown(line)} 没有反应`,
  })
}

const noContainer = async (starter: LabProcess): Promise<NotSo> => {
  if (!starter.hasEnded) {
    starter.kill()
    return new NotSo({
      en: 'the program runs, but for some seconds no command has come up in a root directory of its own',
      zh: '程序在运行，但等了好几秒，也没有哪个命令在自己的根目录里运行起来',
    })
  }
  const { en, zh } = howItEnded(await starter.exit(PATIENCE))
  return new NotSo({ en: `no shell came up: ${en}`, zh: `shell 没有起来：${zh}` })
}

/** The number that a container's first process has in the lab: in the pid namespace around its own. */
export const pidInLab = (init: number): string => String(pidsOf(init).at(-2) ?? '')
