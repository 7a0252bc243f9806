/** The shells of a lesson: one for each of its windows, of which one is on the screen. */

import { ProgramError } from '#native/program-error.ts'
import { isRoot } from '../is-root.ts'
import { Lab, LabError } from '../lab/lab.ts'
import { projectRoot } from '../lesson/chapters.ts'
import type { ScreenSize } from '../terminal/screen.ts'
import { Shell } from '../terminal/shell.ts'
import { bashrc, shellEnvironment } from '../terminal/shell-environment.ts'

/** Where the shells are: in a lab, or on the machine itself. */
export type World = { open(size: ScreenSize): Promise<Shell>; close(): Promise<void> }

const INSTEAD = 'run it with sudo, or with --here in a shell of this machine itself'

/**
 * A lab for the shells.
 * @throws ProgramError when none can be made
 */
export const labWorld = async (): Promise<World> => {
  if (!isRoot()) throw new ProgramError(`a lab takes root: ${INSTEAD}`)
  try {
    const lab = await Lab.open()
    return { open: size => lab.openShell(size), close: () => lab.close() }
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    throw new ProgramError(`${error.message}: ${INSTEAD}`)
  }
}

const PROMPT_TIMEOUT = 10_000 // ms

/** This machine for the shells: what is typed there is done to it. */
export const thisMachine = (): World => {
  const shells: Shell[] = []
  const open = async (size: ScreenSize): Promise<Shell> => {
    const words = ['bash', '--noprofile', '--rcfile', bashrc, '-i']
    const shell = new Shell(words, { cwd: projectRoot, env: shellEnvironment(), size })
    shells.push(shell)
    await shell.answer({ timeout: PROMPT_TIMEOUT })
    return shell
  }
  return { open, close: async () => shells.forEach(shell => void shell.close()) }
}

export class Shells {
  readonly #world: World
  readonly #size: () => ScreenSize
  readonly #onData: (data: string) => void
  readonly #open = new Map<string, Shell>()
  #active = ''

  /**
   * @param size of the window
   * @param onData is told what the shell on the screen shows
   */
  constructor(world: World, size: () => ScreenSize, onData: (data: string) => void) {
    this.#world = world
    this.#size = size
    this.#onData = onData
  }

  /** The name of the window that is on the screen. */
  get active(): string {
    return this.#active
  }

  /** The shell that is on the screen. */
  get shell(): Shell | undefined {
    return this.#open.get(this.#active)
  }

  /**
   * Starts the shell of a window where there is none, or none any more, without showing it.
   * @param size by default that of the reader's window
   */
  async open(name: string, size: ScreenSize = this.#size()): Promise<Shell> {
    const known = this.#open.get(name)
    if (known && !known.closed) return known
    const shell = await this.#world.open(size)
    this.#open.set(name, shell)
    shell.onData(data => {
      if (this.#active === name && this.#open.get(name) === shell) this.#onData(data)
    })
    return shell
  }

  /**
   * Puts a window on the screen.
   * @returns whether it is another than before
   */
  async show(name: string): Promise<boolean> {
    const isOther = name !== this.#active || this.shell?.closed === true
    await this.open(name)
    this.#active = name
    return isOther
  }

  /** Tells all of them that the window has another size. */
  resize(): void {
    for (const shell of this.#open.values()) if (!shell.closed) shell.resize(this.#size())
  }

  close(): Promise<void> {
    return this.#world.close()
  }
}
