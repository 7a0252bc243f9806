/** What the class sees: our lines, the shell below them, and the bar below that. */

import type { Colours } from '../colours.ts'
import type { Step } from '../lesson/lesson.ts'
import { type Shell, USUAL_SIZE } from '../terminal/shell.ts'
import { Bar } from './bar.ts'
import type { Keys } from './keys.ts'
import { pageOf } from './lesson-page.ts'
import { Shells, type World } from './shells.ts'
import type { Stop } from './stops.ts'
import { type Preparation, typeEarlierCommands } from './type-earlier-commands.ts'
import type { words } from './walking-words.ts'
import type { Window } from './window.ts'

const NO_TIMEOUT = 2 ** 31 - 1 // ms, the longest that a timer can wait
const POLL_INTERVAL = 100 // ms

type StageOptions = {
  readonly window: Window
  readonly world: World
  /** the names of the lesson's windows */
  readonly terminals: readonly string[]
  readonly paint: Colours
  readonly words: ReturnType<typeof words>
}

export class Stage {
  readonly window: Window
  readonly paint: Colours
  readonly terminals: readonly string[]
  readonly #words: ReturnType<typeof words>
  readonly #bar: Bar
  readonly #shells: Shells
  /** how many commands are under way in a shell: one, and those that were typed while it was */
  readonly #running = new Map<Shell, number>()
  /** the lines of a text that did not fit into the window */
  #rest: string[] = []
  #isPromptShown = false

  constructor({ window, world, terminals, paint, words }: StageOptions) {
    this.window = window
    this.paint = paint
    this.terminals = terminals
    this.#words = words
    const column = (): number => (this.#isPromptShown ? (this.shell?.screen.cursor.column ?? 0) : 0)
    this.#bar = new Bar(window, column)
    const pass = (data: string): void => {
      this.#bar.giveWay()
      window.pass(data)
    }
    this.#shells = new Shells(world, () => window.size, pass)
  }

  /** The name of the window that is typed into. */
  get terminal(): string {
    return this.#shells.active
  }

  get shell(): Shell | undefined {
    return this.#shells.shell
  }

  /** What stands at the cursor of the shell. */
  get line(): string {
    return this.shell?.screen.cursorLine ?? ''
  }

  /** Whether more of a text is to come. */
  get isReading(): boolean {
    return this.#rest.length > 0
  }

  /** Whether a command of the lesson runs in the shell. */
  get isBusy(): boolean {
    return this.shell !== undefined && (this.#running.get(this.shell) ?? 0) > 0
  }

  /** Shows the bar from now on, or no bar. */
  showBar(lines: readonly string[]): void {
    this.#bar.set(lines)
  }

  /** Shows lines of our own where the prompt is, as many as fit; see more(). */
  say(lines: readonly string[]): void {
    this.#bar.set([])
    if (this.#isPromptShown) this.window.write('\r\x1b[J')
    this.#isPromptShown = false
    this.#rest = [...lines]
    this.more()
  }

  /** Says something in between: what was left of a text comes after it. */
  interject(lines: readonly string[]): void {
    this.say([...lines, ...this.#rest])
  }

  /** Shows the next page of what was said. */
  more(): void {
    this.#bar.set([])
    const { page, rest } = pageOf(this.#rest, this.window.size)
    this.#rest = rest
    if (page.length > 0) this.window.print(`${page.join('\n')}\n`)
  }

  /**
   * Brings a shell on the stage, with its prompt.
   * @param terminal the name of its window; by default the one that is there
   */
  async enter(terminal: string = this.terminal || this.terminals[0]!): Promise<void> {
    const isOther = await this.#shells.show(terminal)
    if (isOther && this.terminals.length > 1)
      this.window.print(`${this.paint.bold(`── ${this.#words.terminal} ${terminal} ──`)}\n`)
    if (!this.#isPromptShown) this.window.write(this.line)
    this.#isPromptShown = true
  }

  /** Types a step of the lesson. Resolves when the shell has answered, or has ended. */
  async type({ key, command }: Step): Promise<void> {
    const shell = this.shell!
    this.#bar.set([])
    await this.#countAsRunning(shell, async () => {
      if (key) shell.press(key)
      else await shell.enter(command)
    })
  }

  /**
   * Types the commands before a stop in shells that are not shown yet, and says on one line how far it is.
   * @param isEnough asked before each command: whether the reader does not want to wait for the rest
   */
  async typeEarlierCommands(stops: readonly Stop[], first: number, isEnough: () => boolean): Promise<Preparation> {
    const preparation = await typeEarlierCommands(stops, first, {
      open: terminal => this.#shells.open(terminal, USUAL_SIZE),
      onProgress: (done, total) => this.window.write(`\r\x1b[K${this.#words.preparing(done, total)}`),
      isEnough,
    })
    this.window.write('\r\x1b[K')
    this.#shells.resize()
    for (const { shell, prompt } of preparation.windows.values())
      if (prompt === undefined) void this.#countAsRunning(shell, async () => {})
    return preparation
  }

  /** Counts a command as running from before it is typed until the shell has answered, or has ended. */
  async #countAsRunning(shell: Shell, typeIt: () => Promise<void>): Promise<void> {
    this.#running.set(shell, (this.#running.get(shell) ?? 0) + 1)
    try {
      await typeIt()
      await shell.answer({ timeout: NO_TIMEOUT })
    } catch {
      // A shell that has ended answers no more; another is started for the next command.
    } finally {
      this.#running.set(shell, this.#running.get(shell)! - 1)
    }
  }

  /** Lets the reader type into the shell, until it is given back or ends. */
  async lend(keys: Keys): Promise<void> {
    while (this.isReading) this.more()
    await this.enter()
    this.#bar.set([])
    const shell = this.shell!
    this.window.print(`\r\x1b[J${this.paint.yellow(this.#words.yours)}\n`)
    this.window.write(this.line)
    const look = setInterval(() => shell.closed && keys.giveBack(), POLL_INTERVAL)
    await keys.lend(text => shell.type(text))
    clearInterval(look)
    this.window.print(`\r\x1b[J${this.paint.yellow(this.#words.back)}\n`)
    this.#isPromptShown = false
  }

  /** Fits everything to a window of another size. */
  resized(): void {
    this.#bar.hide()
    this.#shells.resize()
  }
}
