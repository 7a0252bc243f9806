/** A lab: a machine in a machine, in which a chapter can do what it likes. When it ends, nothing of it is left. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { childrenOf } from '#native/process-state.ts'
import { ProgramError } from '#native/program-error.ts'
import { killIfAlive } from '../kill-if-alive.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { plainNode } from '../needs/plain-node.ts'
import { scale } from '../scale.ts'
import type { ScreenSize } from '../terminal/screen.ts'
import { Shell } from '../terminal/shell.ts'
import { bashrc, shellEnvironment } from '../terminal/shell-environment.ts'
import { closeAtSignal, stopClosingAtSignal } from './close-at-signal.ts'
import { furnish, isInOwn } from './furnish.ts'
import { type Bounds, LabGroups, sweepGroups } from './lab-cgroups.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What somebody else's program may use in a lab: enough for every chapter, and for no more than one of them at once. */
export const USUAL_BOUNDS = { processes: 512, memory: 2 * 1024 ** 3, capacity: 256 * 1024 ** 2 } as const

const NAMESPACES = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'] as const

/** No lab can be made. */
export class LabError extends ProgramError {
  /** @param why in a few words, to stand after a colon */
  constructor(why: string) {
    super(`no lab can be made here: ${why}`)
  }
}

type LabOptions = {
  /** the project whose chapters are run in it */
  readonly root?: string
  /** put over the environment of its shells */
  readonly env?: Readonly<Record<string, string>>
  /** the controllers that its v2 hierarchy has, where nobody else has taken them; default: those that the chapters use */
  readonly controllers?: readonly string[] | 'all'
  /**
   * whether nothing at all of the machine's disk can be written. Then what Node and tsx keep there to start faster is
   * written to the lab's own directories, and before Linux 5.12 there is no lab. By default these are written, and where
   * the kernel cannot make the rest read-only the lab does without
   */
  readonly isDiskReadOnly?: boolean
  /** directories that are to be seen in it although it has directories of its own around them, as for /tmp */
  readonly keep?: readonly string[]
  /** what its processes may use; default: what there is */
  readonly bounds?: LabBounds
}

type LabBounds = Bounds & {
  /** how much each of its own directories holds, in bytes */
  readonly capacity?: number
}

/** npx notes in npm's cache which program of which project it has run. In a lab that is the lab's own. */
export const NPM_OF_LAB = { npm_config_cache: '/run/npm' } as const

const PROMPT_TIMEOUT = 20_000 * scale // ms
const SCRIPT_TIMEOUT = 60_000 * scale // ms

// tsx and Node keep here what they have compiled. Without it a chapter's first command takes longer in a lab than it does
// for a reader.
const caches = [join(tmpdir(), `tsx-${process.geteuid?.()}`), join(tmpdir(), 'node-compile-cache')]

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

// A lab covers /tmp and /run; on some systems programs are found by way of /run.
const directoriesToKeep = (root: string, more: readonly string[]): string[] => {
  const path = (process.env.PATH ?? '').split(':')
  const nodes = [process.execPath, plainNode() ?? process.execPath].map(dirname)
  const directories = [root, projectRoot, ...nodes, ...caches, ...path, ...more]
  return [...new Set(directories)].filter(directory => isInOwn(directory) && isDirectory(directory)).sort()
}

// Of these directories a lab gets copies, as of all files beside them. The rest of the project it sees as it is.
const COPIED = 'busybox images containers work chapters parts skdocker native assets bench runner test web'.split(
  ' ',
)

/** The names of what is in a project, by whether a lab gets a copy of it. */
const entriesOf = (root: string): { copied: string[]; shown: string[] } => {
  const entries = readdirSync(root, { withFileTypes: true })
  const isShown = (entry: Dirent): boolean => entry.isDirectory() && !COPIED.includes(entry.name)
  return {
    copied: entries
      .filter(entry => COPIED.includes(entry.name) || entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name),
    shown: entries.filter(isShown).map(({ name }) => name),
  }
}

/** Namespaces of their own, a hostname, a network with nothing but lo, groups, and a copy of the project. */
export class Lab {
  readonly root: string
  readonly #options: LabOptions
  readonly #entries: ReturnType<typeof entriesOf>
  readonly #env: Record<string, string>
  readonly #groups: LabGroups
  readonly #init: ChildProcess
  readonly #shells: Shell[] = []
  #pid = 0
  /** whether somebody is closing it, or has */
  #isClosing = false
  /** whether nothing is left of it */
  #gone = false

  private constructor(options: LabOptions) {
    this.root = options.root ?? projectRoot
    this.#options = options
    this.#entries = entriesOf(this.root)
    this.#env = shellEnvironment({ ...NPM_OF_LAB, ...options.env })
    sweepGroups()
    this.#groups = new LabGroups(randomInt(2 ** 32), options.controllers)
    this.#init = this.#start()
    closeAtSignal(this)
  }

  /**
   * Makes a lab.
   * @throws LabError
   */
  static async open(options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(options)
    try {
      await lab.#ready()
    } catch (error) {
      await lab.close()
      throw error
    }
    return lab
  }

  /** Its first process, as this process sees it. */
  get pid(): number {
    return this.#pid
  }

  /** The words that run a command in it, in the project's directory. LAB_GROUPS must be in the environment: see env. */
  enter(words: readonly string[]): string[] {
    const nsenter = ['nsenter', '--target', String(this.#pid), ...NAMESPACES]
    return ['bash', here('join.bash'), ...nsenter, '--', 'sh', '-c', 'cd "$0" && exec "$@"', this.root, ...words]
  }

  /** The environment for these words. */
  get env(): Record<string, string> {
    return { ...this.#env, LAB_GROUPS: this.#groups.leaves.join('\n') }
  }

  /**
   * Opens a window with a bash in it, and waits for its prompt.
   * @throws LabError
   */
  async openShell(size?: ScreenSize): Promise<Shell> {
    // The leader of its own session: should this program be killed, the hang-up is for bash, and nsenter stays to wait for it.
    const words = this.enter(['setsid', '--ctty', 'bash', '--noprofile', '--rcfile', bashrc, '-i'])
    const shell = new Shell(words, { cwd: this.root, env: this.env, ...(size && { size }) })
    this.#shells.push(shell)
    try {
      await shell.answer({ timeout: PROMPT_TIMEOUT })
    } catch (error) {
      throw new LabError(`its shell does not start: ${(error as Error).message}`)
    }
    return shell
  }

  /**
   * What a script of bash prints that is run in it.
   * @throws LabError when it fails
   */
  async ask(file: string, ...args: readonly string[]): Promise<string> {
    const [program, ...rest] = this.enter(['bash', file, ...args])
    const { stdout } = await promisify(execFile)(program!, rest, {
      cwd: this.root,
      env: this.env,
      maxBuffer: 1 << 28,
      timeout: SCRIPT_TIMEOUT,
    }).catch(({ message }) => {
      throw new LabError(message.trim().split('\n').at(-1))
    })
    return stdout
  }

  /** Ends everything in it. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    const init = this.#init
    const ended = init.exitCode === null && init.signalCode === null ? once(init, 'exit') : undefined
    init.stdin!.destroy()
    // When the first process ends, all others end with it, and each has a parent that still waits for it.
    if (this.#pid === 0) init.kill('SIGKILL')
    else killIfAlive(this.#pid)
    await ended
    await Promise.all(this.#shells.map(shell => shell.close()))
    await this.#groups.remove()
    this.#gone = true
    stopClosingAtSignal(this)
  }

  /** The same for a program that is about to exit and can wait for nothing: `process.on('exit', () => lab.closeNow())`. */
  closeNow(): void {
    if (this.#gone) return
    this.#gone = true
    if (this.#pid === 0) this.#init.kill('SIGKILL')
    else killIfAlive(this.#pid)
    this.#groups.removeNow()
    stopClosingAtSignal(this)
  }

  #start(): ChildProcess {
    const unshare = ['unshare', ...NAMESPACES, '--fork', '--kill-child']
    const init = ['bash', here('init.bash'), ...this.#entries.copied]
    const child = spawn('bash', [here('join.bash'), ...unshare, ...init], {
      cwd: '/',
      env: { ...this.#env, LAB_GROUPS: this.#groups.roots.join('\n'), LAB_ROOT: this.root },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin!.on('error', () => {})
    return child
  }

  async #ready(): Promise<void> {
    const { stdin, stdout, stderr } = this.#init
    let complaint = ''
    stderr!.setEncoding('utf8').on('data', text => {
      complaint += text
    })
    const closed = new Promise(resolve => this.#init.once('close', resolve))
    const said = createInterface({ input: stdout! })[Symbol.asyncIterator]()
    const failed = new Promise<never>((_, reject) => {
      this.#init.once('error', ({ message }) => reject(new LabError(message)))
    })
    const hear = async (): Promise<void> => {
      const { done } = await Promise.race([said.next(), failed])
      if (!done) return
      await closed
      throw new LabError(complaint.trim().split('\n').at(-1) || 'its first process has ended')
    }
    await hear() // that it is bare
    this.#furnish()
    stdin!.write('furnished\n')
    await hear() // that it is ready
  }

  /** Does what a program out here can do for it, once its first process is there. */
  #furnish(): void {
    const init = this.#init.pid!
    const [child] = childrenOf(init)
    if (child === undefined) throw new LabError('its first process has ended')
    this.#pid = child
    const { isDiskReadOnly = false, bounds = {} } = this.#options
    try {
      this.#groups.limit(bounds)
      furnish(child, {
        root: this.root,
        shown: this.#entries.shown,
        kept: directoriesToKeep(this.root, this.#options.keep ?? []),
        caches,
        hierarchies: this.#groups.hierarchies,
        isStrict: isDiskReadOnly,
        capacity: bounds.capacity,
      })
    } catch (error) {
      throw error instanceof ProgramError ? new LabError(error.message) : error
    }
    for (const pid of [init, child]) this.#groups.addProcess(pid)
  }
}
