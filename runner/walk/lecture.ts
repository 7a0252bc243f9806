/** The lesson in a classroom: where it is, what stands ready, and what each key of the teacher's does. */

import { colours, wantsColours } from '../colours.ts'
import type { Lesson, Step } from '../lesson/lesson.ts'
import { wrapText } from '../read/wrap-pieces.ts'
import { Keys } from './keys.ts'
import { barLines, notesOf, textOf } from './lesson-page.ts'
import type { World } from './shells.ts'
import { Stage } from './stage.ts'
import { type Stop, terminalsOf } from './stops.ts'
import type { Preparation } from './type-earlier-commands.ts'
import { words } from './walking-words.ts'
import type { Window } from './window.ts'

const CONTROL_KEYS = ['\x03', '\x04', '\x1a', '\x1c'] // Ctrl-C, Ctrl-D, Ctrl-Z, Ctrl-\
const BACKSPACE = ['\x7f', '\b']
const ANSWERED = 'answered '

/** The event that says that nothing will be typed any more. It waits in the queue of the keys. */
export const HANG_UP = 'hang up'

const SLOW_COMMAND = 1200 // ms: the bar says of a command that takes longer that it still runs

type LectureOptions = {
  readonly lesson: Lesson
  readonly stops: readonly Stop[]
  /** the index of the stop to begin at */
  readonly first: number
  readonly window: Window
  readonly world: World
  /** is told of each stop that is reached */
  readonly onStop: (stop: Stop) => void
}

export class Lecture {
  readonly keys = new Keys()
  readonly #options: LectureOptions
  readonly #words: ReturnType<typeof words>
  readonly #stage: Stage
  /** what is to be said before the first stop */
  #notice: readonly string[] = []
  #index: number
  /** the section that is on the screen */
  #section: number | undefined
  #typed = 0
  /** the number of the command for whose answer the lesson waits before it goes on by itself; 0 when it waits for none */
  #awaited = 0
  #warning = ''

  constructor(options: LectureOptions) {
    const { lesson, stops, first, window, world } = options
    this.#options = options
    this.#index = first
    this.#words = words(lesson.language)
    const paint = colours(wantsColours(process.stdout))
    this.#stage = new Stage({ window, world, terminals: terminalsOf(stops), paint, words: this.#words })
  }

  get stop(): Stop {
    return this.#options.stops[this.#index]!
  }

  /** Types the commands before the first stop, until isEnough() says that the reader will not wait for the rest. */
  prepare(isEnough: () => boolean): Promise<Preparation> {
    return this.#stage.typeEarlierCommands(this.#options.stops, this.#index, isEnough)
  }

  /**
   * Gives the lesson, until its end or until the teacher leaves.
   * @param notice paragraphs that are to be said before the first stop
   * @returns whether it came to the end
   */
  async give(notice: readonly string[]): Promise<boolean> {
    this.#notice = notice
    await this.#goTo(this.#index)
    for (;;) {
      const event = await this.keys.next()
      if (event === 'q') return this.#isAtEnd
      if (event === HANG_UP) return false
      if (await this.#handleKey(event)) return true
    }
  }

  /** Whether all of the text has been shown. */
  get #isAtEnd(): boolean {
    return !this.#stage.isReading && this.#index === this.#options.stops.length - 1
  }

  /** Fits everything to a window of another size. */
  resized(): void {
    this.#stage.resized()
    this.#showBar()
  }

  /** Does what a key stands for. Returns whether the lesson is at its end. */
  async #handleKey(event: string): Promise<boolean> {
    if (event.startsWith(ANSWERED)) await this.#answered(Number(event.slice(ANSWERED.length)))
    else if (event === '\r' || event === '\n') return this.#enter()
    else if (event === ' ' && this.#stage.isReading) await this.#readOn()
    else if (event === 'n') await this.#goToSection(this.stop.section + 1)
    else if (event === 'b') await this.#goTo(this.#index - 1)
    else if (event === 's') await this.#goTo(this.#index + 1)
    else if (event === 'r') await this.#goTo(this.#index)
    else if (event === 'j') await this.#jump()
    else if (event === 't') await this.#takeOver()
    else if (event === 'o') await this.#interject(this.#notes())
    else if (event === '?') await this.#interject(this.#words.keys.split('\n'))
    else if (CONTROL_KEYS.includes(event) && this.#stage.isBusy) this.#stage.shell!.type(event)
    return false
  }

  async #enter(): Promise<boolean> {
    const { step } = this.stop
    if (this.#stage.isReading) await this.#readOn()
    else if (step) await this.#type(step)
    else if (this.#isAtEnd) return true
    else await this.#goTo(this.#index + 1)
    return false
  }

  async #type(step: Step): Promise<void> {
    if (this.#stage.shell!.closed) return this.#enterShell()
    if (this.#stage.isBusy && !step.key) {
      this.#warning = this.#words.waiting
      return this.#showBar()
    }
    this.#warning = ''
    this.#typed += 1
    const number = this.#typed
    this.#awaited = number
    const answered = (): void => this.keys.put(`${ANSWERED}${number}`)
    this.#stage.type(step).then(answered)
    setTimeout(() => this.#stillRuns(number, answered), SLOW_COMMAND).unref()
  }

  #stillRuns(number: number, goOn: () => void): void {
    if (this.#awaited !== number) return
    const next = this.#options.stops[this.#index + 1]
    // The next step is a key that ends the command, or is typed into another window while it runs.
    if (next?.step?.key || (next?.step && next.terminal !== this.#stage.terminal)) goOn()
    else this.#showBar()
  }

  async #answered(number: number): Promise<void> {
    if (number === this.#awaited) await this.#goTo(this.#index + 1)
    else this.#showBar()
  }

  async #goTo(index: number): Promise<void> {
    const { lesson, stops, window, onStop } = this.#options
    this.#index = Math.min(Math.max(0, index), stops.length - 1)
    this.#awaited = 0
    this.#warning = ''
    onStop(this.stop)
    const text = textOf(this.stop, lesson, window.size, this.#stage.paint)
    const arrival = this.#arrival()
    this.#section = this.stop.section
    this.#stage.say([...arrival, ...text])
    await this.#showBarOrShell()
  }

  #goToSection(section: number): Promise<void> {
    const { stops } = this.#options
    const index = stops.findIndex(stop => stop.section === section)
    return this.#goTo(index < 0 ? stops.length - 1 : index)
  }

  /** What is to be said before the text of a stop that is not the next one. */
  #arrival(): string[] {
    const { paint } = this.#stage
    const { section, command } = this.stop
    const isFirst = this.#section === undefined
    const columns = this.#options.window.size.cols - 1
    const said = isFirst ? this.#notice.flatMap(text => ['', ...wrapText(text, columns, paint.yellow)]) : []
    if (section === this.#section || command === 0) return said
    return [...said, '', paint.bold(this.#title(section))]
  }

  async #interject(lines: readonly string[]): Promise<void> {
    this.#stage.interject(lines)
    await this.#showBarOrShell()
  }

  async #readOn(): Promise<void> {
    this.#stage.more()
    await this.#showBarOrShell()
  }

  async #showBarOrShell(): Promise<void> {
    if (this.#stage.isReading) this.#showBar()
    else await this.#enterShell()
  }

  /** The shell that this stop is for comes on the stage. */
  async #enterShell(): Promise<void> {
    await this.#stage.enter(this.stop.terminal)
    this.#showBar()
  }

  async #takeOver(): Promise<void> {
    await this.#stage.lend(this.keys)
    await this.#enterShell()
  }

  async #jump(): Promise<void> {
    const { sections } = this.#options.lesson
    await this.#interject(sections.map((_, index) => `${String(index + 1).padStart(3)}  ${this.#title(index)}`))
    const digits = await this.#number()
    if (sections[Number(digits) - 1]) await this.#goToSection(Number(digits) - 1)
    else this.#showBar()
  }

  /** What is typed up to Enter, nothing when it is no number. */
  async #number(): Promise<string> {
    for (let digits = ''; ; ) {
      this.#stage.showBar([this.#stage.paint.bold(`${this.#words.jump} ${digits}`)])
      const event = await this.keys.next()
      if (event === '\r' || event === '\n') return digits
      if (/^\d$/.test(event)) digits += event
      else if (BACKSPACE.includes(event)) digits = digits.slice(0, -1)
      else if (!event.startsWith(ANSWERED)) {
        if (event === HANG_UP) this.keys.put(event)
        return ''
      }
    }
  }

  #notes(): string[] {
    const { lesson, window } = this.#options
    if (this.stop.notes.length === 0) return [this.#words.noNotes]
    return notesOf(this.stop, lesson, window.size, this.#stage.paint)
  }

  #title(section: number): string {
    return this.#options.lesson.sections[section]?.heading?.text ?? ''
  }

  #showBar(): void {
    const isReady = !this.#stage.isReading && this.#awaited === 0
    const command = isReady ? this.stop.step : undefined
    const warning = this.#warning || this.#wrongShellWarning(command)
    const lines = barLines(
      { command, warning, status: this.#status() },
      this.#options.window.size,
      this.#stage.paint,
    )
    this.#stage.showBar(lines)
  }

  /** Says that a command is not for the shell at the prompt: one for a container could do harm on the host. */
  #wrongShellWarning(step: Step | undefined): string {
    const { line, isBusy } = this.#stage
    if (!step || step.key || isBusy) return ''
    if (step.where === 'container' && line.endsWith('$ ')) return this.#words.inside
    return step.where === 'host' && line.endsWith('# ') ? this.#words.outside : ''
  }

  #status(): string[] {
    const { section, notes } = this.stop
    const { terminals, terminal } = this.#stage
    const ours = this.#words
    const windows = terminals.map(name => (name === terminal ? `[${name}]` : name)).join(' ')
    return [
      `${section + 1}/${this.#options.lesson.sections.length} ${this.#title(section)}`,
      terminals.length > 1 ? `${ours.terminal} ${windows}` : '',
      this.#whatEnterDoes(),
      ours.takeOver,
      notes.length > 0 ? ours.notes : '',
      ours.help,
    ]
  }

  #whatEnterDoes(): string {
    const ours = this.#words
    const { step } = this.stop
    if (this.#stage.isReading) return ours.more
    if (this.#stage.isBusy && !step?.key) return ours.runs
    if (step) return ours.run
    return this.#isAtEnd ? ours.theEnd : ours.nextSection
  }
}
