/** The lines below the shell's cursor: what stands ready, and which keys do what. They give way to what the shell shows. */

import type { Window } from './window.ts'

const QUIET = 80 // ms after the last output

export class Bar {
  readonly #window: Window
  readonly #column: () => number
  #lines: readonly string[] = []
  #isShown = false
  #timer: NodeJS.Timeout | undefined

  /** @param column in which the cursor of the shell is, counted from 0 */
  constructor(window: Window, column: () => number) {
    this.#window = window
    this.#column = column
  }

  /** Sets the lines that the bar shows from now on. Without lines there is no bar. */
  set(lines: readonly string[]): void {
    this.hide()
    this.#lines = lines
    this.#later()
  }

  /** Takes the bar off the screen so that something can be written. The bar comes back by itself. */
  giveWay(): void {
    this.hide()
    this.#later()
  }

  hide(): void {
    clearTimeout(this.#timer)
    if (!this.#isShown) return
    this.#isShown = false
    // All from the cursor on is erased, because only the bar is below it.
    this.#window.write('\x1b[J')
  }

  #later(): void {
    clearTimeout(this.#timer)
    if (this.#lines.length > 0) this.#timer = setTimeout(() => this.#draw(), QUIET)
  }

  #draw(): void {
    if (this.#window.isAlternate) return
    const lines = this.#lines.slice(0, Math.max(1, this.#window.size.rows - 2))
    // Newlines make room at the bottom of the window. Then the cursor goes back to where the shell has it.
    const back = `\x1b[${lines.length}A\x1b[${this.#column() + 1}G`
    this.#window.write(`${lines.map(line => `\r\n${line}\x1b[K`).join('')}${back}`)
    this.#isShown = true
  }
}
