/** The shells of one page, in a lab of its own, and all who look at them. */

import { Lab } from '../lab/lab.ts'
import { whyNoLab } from '../needs/lab-needs.ts'
import type { ScreenSize } from '../terminal/screen.ts'
import type { Shell } from '../terminal/shell.ts'
import { UsageError } from '../usage-error.ts'
import type { FromServer } from './protocol.ts'

/** A page that is connected. */
export type Viewer = {
  /** the name of the text that it shows */
  readonly text: string
  send(message: FromServer): void
  /** how many characters of a terminal's output the page has been sent and has not drawn yet */
  readonly undrawn: Map<string, number>
  /** what ends the showing of a terminal */
  readonly shown: Map<string, () => void>
}

// A page that draws more slowly than a program writes makes the program wait.
const MOST_UNDRAWN = 1_000_000 // characters
const FEW_UNDRAWN = 200_000

const MOST_TERMINALS = 8

export class PageShells {
  readonly viewers = new Set<Viewer>()
  readonly #endedNotice: string
  #lab: Promise<Lab> | undefined
  readonly #shells = new Map<string, Promise<Shell>>()
  readonly #paused = new Set<string>()

  /** @param endedNotice says that a shell has ended, and that Enter opens another */
  constructor(endedNotice: string) {
    this.#endedNotice = endedNotice
  }

  /**
   * The shell of a window. One that is not there, or has ended, is opened.
   * @throws ProgramError where no lab can be made
   */
  open(terminal: string, size?: ScreenSize): Promise<Shell> {
    const known = this.#shells.get(terminal)
    if (known) return known
    if (this.#shells.size >= MOST_TERMINALS) throw new UsageError('there are too many terminals')
    const opening = this.#openNew(terminal, size)
    this.#shells.set(terminal, opening)
    opening.catch(() => this.#forget(terminal, opening))
    return opening
  }

  /** Shows a page all that a terminal shows, and from then on what comes. */
  async show(terminal: string, viewer: Viewer, size: ScreenSize): Promise<void> {
    const shell = await this.open(terminal, size)
    if (!this.viewers.has(viewer)) return
    viewer.shown.get(terminal)?.()
    viewer.undrawn.set(terminal, 0)
    shell.resize(size)
    let early: string | undefined = ''
    const stop = shell.onData(data => {
      if (early === undefined) this.#send(terminal, shell, viewer, data)
      else early += data
    })
    viewer.shown.set(terminal, stop)
    const data = await shell.screen.snapshot()
    viewer.send({ type: 'screen', terminal, data: data + early })
    early = undefined
  }

  /** Types characters, as the reader did. */
  async type(terminal: string, data: string): Promise<void> {
    const shell = await this.#shells.get(terminal)
    if (shell) shell.type(data)
    else if (data.includes('\r')) this.#sendAll({ type: 'reopen', terminal })
  }

  async resize(terminal: string, size: ScreenSize): Promise<void> {
    const shell = await this.#shells.get(terminal)
    shell?.resize(size)
  }

  /** Is told that a page has drawn some of what it was sent. */
  async drawn(terminal: string, viewer: Viewer, length: number): Promise<void> {
    viewer.undrawn.set(terminal, Math.max(0, (viewer.undrawn.get(terminal) ?? 0) - length))
    await this.#resumeIfDrawn(terminal)
  }

  async leave(viewer: Viewer): Promise<void> {
    this.viewers.delete(viewer)
    for (const stop of viewer.shown.values()) stop()
    for (const terminal of [...this.#paused]) await this.#resumeIfDrawn(terminal)
  }

  /** Ends the lab with all that is in it. */
  async close(): Promise<void> {
    const lab = this.#lab
    this.#lab = undefined
    this.#shells.clear()
    this.#paused.clear()
    await lab?.then(
      lab => lab.close(),
      () => {},
    )
  }

  /** Ends the lab. The pages are told, and open their terminals again, in another one. */
  async reset(): Promise<void> {
    await this.close()
    this.#sendAll({ type: 'reset' })
  }

  async #openNew(terminal: string, size: ScreenSize | undefined): Promise<Shell> {
    this.#lab ??= this.#makeLab()
    const lab = await this.#lab
    const shell = await lab.openShell(size)
    const opening = this.#shells.get(terminal)
    const stopWatching = shell.screen.onChange(() => {
      if (!shell.closed) return
      stopWatching()
      if (this.#forget(terminal, opening))
        this.#sendAll({ type: 'output', terminal, data: `\r\n${this.#endedNotice}\r\n` })
    })
    return shell
  }

  /** Forgets a shell. Those of a lab that was reset are forgotten already, and others may have their names. */
  #forget(terminal: string, opening: Promise<Shell> | undefined): boolean {
    if (this.#shells.get(terminal) !== opening) return false
    this.#shells.delete(terminal)
    this.#paused.delete(terminal)
    return true
  }

  async #makeLab(): Promise<Lab> {
    this.#sendAll({ type: 'lab', state: 'making' })
    try {
      const why = whyNoLab()
      if (why) throw new UsageError(why)
      const lab = await Lab.open()
      this.#sendAll({ type: 'lab', state: 'ready' })
      return lab
    } catch (error) {
      this.#lab = undefined
      this.#sendAll({ type: 'lab', state: 'none', why: (error as Error).message })
      throw error
    }
  }

  #sendAll(message: FromServer): void {
    for (const viewer of this.viewers) viewer.send(message)
  }

  #send(terminal: string, shell: Shell, viewer: Viewer, data: string): void {
    const undrawn = (viewer.undrawn.get(terminal) ?? 0) + data.length
    viewer.undrawn.set(terminal, undrawn)
    viewer.send({ type: 'output', terminal, data })
    if (undrawn < MOST_UNDRAWN || this.#paused.has(terminal)) return
    this.#paused.add(terminal)
    shell.pause()
  }

  async #resumeIfDrawn(terminal: string): Promise<void> {
    if (!this.#paused.has(terminal)) return
    if ([...this.viewers].some(({ undrawn }) => (undrawn.get(terminal) ?? 0) > FEW_UNDRAWN)) return
    this.#paused.delete(terminal)
    const shell = await this.#shells.get(terminal)
    shell?.resume()
  }
}
