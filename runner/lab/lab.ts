/** A lab: a machine in a machine, in which a chapter can do what it likes. When it ends, nothing of it is left. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { childrenOf } from '#native/process-state.ts'
import { ProgramError } from '#native/program-error.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { plainNode } from '../needs/plain-node.ts'
import { scale } from '../scale.ts'
import type { ScreenSize } from '../terminal/screen.ts'
import { Shell } from '../terminal/shell.ts'
import { bashrc, shellEnvironment } from '../terminal/shell-environment.ts'
import { closeAtSignal, stopClosingAtSignal } from './close-at-signal.ts'
import { LabGroups, sweepGroups } from './lab-cgroups.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

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
}

const PROMPT_TIMEOUT = 20_000 * scale // ms
const SCRIPT_TIMEOUT = 60_000 * scale // ms

// tsx keeps here what it has compiled. Without it a chapter's first command takes longer in a lab than it does for a reader.
const tsxCache = join(tmpdir(), `tsx-${process.geteuid?.()}`)

// A lab covers /tmp and /run; on some systems programs are found by way of /run.
const directoriesToKeep = (root: string): string[] => {
  const path = (process.env.PATH ?? '').split(':')
  const nodes = [process.execPath, plainNode() ?? process.execPath].map(dirname)
  const directories = [root, projectRoot, ...nodes, tsxCache, ...path]
  return [...new Set(directories)].filter(directory => /^\/(tmp|run)\//.test(directory)).sort()
}

/** Namespaces of their own, a hostname, a network with nothing but lo, groups, and a copy of the project. */
export class Lab {
  readonly root: string
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
    this.#env = shellEnvironment(options.env)
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
    const unshare = ['unshare', ...NAMESPACES, '--fork', '--kill-child', '--mount-proc']
    const child = spawn('bash', [here('join.bash'), ...unshare, 'bash', here('init.bash')], {
      cwd: '/',
      env: {
        ...this.#env,
        LAB_GROUPS: this.#groups.roots.join('\n'),
        LAB_ROOT: this.root,
        LAB_KEEP: directoriesToKeep(this.root).join('\n'),
        LAB_TABLE: this.#groups.table,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin!.on('error', () => {})
    return child
  }

  async #ready(): Promise<void> {
    const { stdout, stderr } = this.#init
    let complaint = ''
    stderr!.setEncoding('utf8').on('data', text => {
      complaint += text
    })
    const isReady = await new Promise<boolean>((resolve, reject) => {
      stdout!.once('data', () => resolve(true))
      this.#init.once('error', ({ message }) => reject(new LabError(message)))
      this.#init.once('close', () => resolve(false))
    })
    if (!isReady) throw new LabError(complaint.trim().split('\n').at(-1) || 'its first process has ended')
    const [child] = childrenOf(this.#init.pid!)
    if (child === undefined) throw new LabError('its first process has ended')
    this.#pid = child
    this.#groups.addProcess(this.#init.pid!)
  }
}

const killIfAlive = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}
