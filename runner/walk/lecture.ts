/** The lesson in a classroom: text, a command that stands ready, the shell live below it, and the teacher's keys. */

import { type Colours, colours, wantsColours } from '../colours.ts'
import type { Lesson, Step } from '../lesson/lesson.ts'
import type { Shell } from '../terminal/shell.ts'
import { Bar } from './bar.ts'
import { Keys } from './keys.ts'
import { barLines, notesOf, pageOf, textOf } from './page.ts'
import { Shells, type World } from './shells.ts'
import { type Stop, terminalsOf } from './stops.ts'
import type { Window } from './window.ts'
import { words } from './words.ts'

const CONTROL_KEYS = ['\x03', '\x04', '\x1a', '\x1c'] // Ctrl-C, Ctrl-D, Ctrl-Z, Ctrl-\
const ANSWERED = 'answered '
export const HANG_UP = 'hang up'

const LONG = 2 ** 31 - 1 // ms, the longest that a timer can wait
const SOON = 1200 // ms: of a command that takes longer it is said that it runs

export type LectureOptions = {
  readonly lesson: Lesson
  readonly stops: readonly Stop[]
  /** the index of the stop to begin at */
  readonly first: number
  readonly isResumed: boolean
  readonly window: Window
  readonly world: World
  /** is told of each stop that is reached */
  readonly onStop: (stop: Stop) => void
}

export class Lecture {
  readonly keys = new Keys()
  readonly #lesson: Lesson
  readonly #stops: readonly Stop[]
  readonly #window: Window
  readonly #options: LectureOptions
  readonly #paint: Colours = colours(wantsColours(process.stdout))
  readonly #words: ReturnType<typeof words>
  readonly #terminals: readonly string[]
  readonly #bar: Bar
  readonly #shells: Shells
  #index: number
  /** the section that is on the screen */
  #section: number | undefined
  /** where a command runs, and the number of its answer */
  readonly #running = new Map<Shell, number>()
  #answers = 0
  /** the answer after which the lesson goes on by itself */
  #awaited = 0
  /** the lines of a text that did not fit into the window */
  #rest: string[] = []
  #isPromptShown = false
  #warning = ''

  constructor(options: LectureOptions) {
    const { lesson, stops, first, window, world } = options
    this.#options = options
    this.#lesson = lesson
    this.#stops = stops
    this.#index = first
    this.#window = window
    this.#words = words(lesson.language)
    this.#terminals = terminalsOf(stops)
    this.#bar = new Bar(window, () => (this.#isPromptShown ? this.#column() : 0))
    this.#shells = new Shells(
      world,
      () => window.size,
      data => this.#pass(data),
    )
  }

  get stop(): Stop {
    return this.#stops[this.#index]!
  }

  /**
   * Gives the lesson, until its end or until the teacher leaves.
   * @returns whether it came to the end
   */
  async give(): Promise<boolean> {
    await this.#goTo(this.#index)
    for (;;) {
      const event = await this.keys.next()
      if (event === 'q' || event === HANG_UP) return false
      if (await this.#obey(event)) return true
    }
  }

  /** Fits everything to a window of another size. */
  resized(): void {
    this.#bar.hide()
    this.#shells.resize()
    this.#showBar()
  }

  /** Does what a key stands for. Returns whether the lesson is at its end. */
  async #obey(event: string): Promise<boolean> {
    if (event.startsWith(ANSWERED)) await this.#answered(Number(event.slice(ANSWERED.length)))
    else if (event === '\r' || event === '\n') return this.#enter()
    else if (event === ' ' && this.#rest.length > 0) await this.#more()
    else if (event === 'n') await this.#goToSection(this.stop.section + 1)
    else if (event === 'b') await this.#goTo(this.#index - 1)
    else if (event === 's') await this.#goTo(this.#index + 1)
    else if (event === 'r') await this.#goTo(this.#index)
    else if (event === 'j') await this.#jump()
    else if (event === 't') await this.#takeOver()
    else if (event === 'o') await this.#say(this.#notes())
    else if (event === '?') await this.#say(this.#words.keys.split('\n'))
    else if (CONTROL_KEYS.includes(event) && this.#isBusy()) this.#shells.shell!.type(event)
    return false
  }

  async #enter(): Promise<boolean> {
    if (this.#rest.length > 0) {
      await this.#more()
      return false
    }
    const { step } = this.stop
    if (step) await this.#type(step)
    else if (this.#index === this.#stops.length - 1) return true
    else await this.#goTo(this.#index + 1)
    return false
  }

  async #type(step: Step): Promise<void> {
    const shell = this.#shells.shell!
    if (shell.closed) return this.#settle()
    if (this.#isBusy() && !step.key) {
      this.#warning = this.#words.waiting
      return this.#showBar()
    }
    this.#bar.set([])
    this.#warning = ''
    this.#follow(shell, step)
    this.#tellIfItRuns(this.#awaited)
  }

  /** Types it, and puts its answer in line, when that comes. */
  #follow(shell: Shell, step: Step): void {
    this.#answers += 1
    const number = this.#answers
    this.#awaited = number
    this.#running.set(shell, number)
    const answer = async (): Promise<void> => {
      if (step.key) shell.press(step.key)
      else await shell.enter(step.command)
      await shell.answer({ timeout: LONG })
    }
    const done = (): void => {
      if (this.#running.get(shell) === number) this.#running.delete(shell)
      this.keys.put(`${ANSWERED}${number}`)
    }
    answer().then(done, done) // a shell that has ended answers no more
  }

  #tellIfItRuns(number: number): void {
    setTimeout(() => {
      if (this.#awaited !== number) return
      // What comes next ends it, or happens in another window meanwhile.
      const next = this.#stops[this.#index + 1]
      const goesOn = next?.step && (next.step.key || next.terminal !== this.#shells.active)
      if (goesOn) this.keys.put(`${ANSWERED}${number}`)
      else this.#showBar()
    }, SOON).unref()
  }

  async #answered(number: number): Promise<void> {
    if (number !== this.#awaited) return this.#showBar()
    await this.#goTo(this.#index + 1)
  }

  /** What is to be said before the text of a stop that is not the next one. */
  #arrival(): string[] {
    const { section, command } = this.stop
    const isFirst = this.#section === undefined
    const resumed = isFirst && this.#options.isResumed ? ['', this.#paint.yellow(this.#words.resumed)] : []
    if (section === this.#section || command === 0) return resumed
    return [...resumed, '', this.#paint.bold(this.#lesson.sections[section]?.heading?.text ?? '')]
  }

  #goToSection(section: number): Promise<void> {
    const index = this.#stops.findIndex(stop => stop.section === section)
    return this.#goTo(index < 0 ? this.#stops.length - 1 : index)
  }

  async #goTo(index: number): Promise<void> {
    this.#index = Math.min(Math.max(0, index), this.#stops.length - 1)
    this.#awaited = 0
    this.#warning = ''
    this.#options.onStop(this.stop)
    const text = textOf(this.stop, this.#lesson, this.#window.size, this.#paint)
    await this.#say([...this.#arrival(), ...text])
    this.#section = this.stop.section
  }

  /** Shows lines of our own where the prompt is, and the prompt again below them. */
  async #say(lines: readonly string[]): Promise<void> {
    this.#bar.set([])
    if (this.#isPromptShown) this.#window.write('\r\x1b[J')
    this.#isPromptShown = false
    this.#rest = [...lines]
    await this.#more()
  }

  async #more(): Promise<void> {
    this.#bar.set([])
    const { page, rest } = pageOf(this.#rest, this.#window.size)
    this.#rest = rest
    if (page.length > 0) this.#window.print(`${page.join('\n')}\n`)
    if (rest.length > 0) this.#showBar()
    else await this.#settle()
  }

  /** The shell of this stop comes on the screen, with its prompt. */
  async #settle(): Promise<void> {
    const isOther = await this.#shells.show(this.stop.terminal ?? (this.#shells.active || this.#terminals[0]!))
    if (isOther && this.#terminals.length > 1)
      this.#window.print(`${this.#paint.bold(`── ${this.#words.terminal} ${this.#shells.active} ──`)}\n`)
    if (!this.#isPromptShown) this.#window.write(this.#shells.shell!.screen.cursorLine)
    this.#isPromptShown = true
    this.#showBar()
  }

  async #takeOver(): Promise<void> {
    if (this.#rest.length > 0) {
      this.#window.print(`${this.#rest.splice(0).join('\n')}\n`)
      await this.#settle()
    }
    this.#bar.set([])
    const shell = this.#shells.shell!
    this.#window.print(`\r\x1b[J${this.#paint.yellow(this.#words.yours)}\n`)
    this.#window.write(shell.screen.cursorLine)
    const look = setInterval(() => shell.closed && this.keys.giveBack(), 100)
    await this.keys.lend(text => shell.type(text))
    clearInterval(look)
    this.#window.print(`\r\x1b[J${this.#paint.yellow(this.#words.back)}\n`)
    this.#isPromptShown = false
    await this.#settle()
  }

  #notes(): string[] {
    const { notes } = this.stop
    if (notes.length === 0) return [this.#words.noNotes]
    return notesOf(this.stop, this.#lesson, this.#window.size, this.#paint)
  }

  async #jump(): Promise<void> {
    const titles = this.#lesson.sections.map(
      ({ heading }, index) => `${String(index + 1).padStart(3)}  ${heading?.text ?? ''}`,
    )
    await this.#say(titles)
    let digits = ''
    for (;;) {
      this.#bar.set([this.#paint.bold(`${this.#words.jump} ${digits}`)])
      const event = await this.keys.next()
      if (event === HANG_UP) return this.keys.put(event)
      if (event.startsWith(ANSWERED)) continue
      if (/^\d$/.test(event)) digits += event
      else if (event === '\x7f' || event === '\b') digits = digits.slice(0, -1)
      else if (event === '\r' && Number(digits) >= 1 && Number(digits) <= titles.length)
        return this.#goToSection(Number(digits) - 1)
      else return this.#showBar()
    }
  }

  #pass(data: string): void {
    this.#bar.giveWay()
    this.#window.pass(data)
  }

  #isBusy(): boolean {
    const { shell } = this.#shells
    return shell !== undefined && this.#running.has(shell)
  }

  #column(): number {
    return this.#shells.shell?.screen.cursor.column ?? 0
  }

  #showBar(): void {
    const { step } = this.stop
    const isReading = this.#rest.length > 0
    const isWaiting = this.#awaited !== 0
    const command = isReading || isWaiting ? undefined : step
    const bar = { command, warning: this.#warning || this.#misplaced(command), status: this.#status(isReading) }
    this.#bar.set(barLines(bar, this.#window.size, this.#paint))
  }

  /** A command for a container does harm on the host. */
  #misplaced(step: Step | undefined): string {
    const line = this.#shells.shell?.screen.cursorLine ?? ''
    if (!step || step.key || this.#isBusy()) return ''
    if (step.where === 'container' && line.endsWith('$ ')) return this.#words.inside
    return step.where === 'host' && line.endsWith('# ') ? this.#words.outside : ''
  }

  #status(isReading: boolean): string[] {
    const { section, step, notes } = this.stop
    const title = this.#lesson.sections[section]?.heading?.text ?? ''
    const ours = this.#words
    const isLast = this.#index === this.#stops.length - 1
    const next = isReading ? ours.more : step ? ours.run : isLast ? ours.theEnd : ours.nextSection
    const windows = this.#terminals.map(name => (name === this.#shells.active ? `[${name}]` : name)).join(' ')
    return [
      `${section + 1}/${this.#lesson.sections.length} ${title}`,
      this.#terminals.length > 1 ? `${ours.terminal} ${windows}` : '',
      this.#isBusy() && !step?.key ? ours.runs : next,
      ours.takeOver,
      notes.length > 0 ? ours.notes : '',
      ours.help,
    ]
  }
}
