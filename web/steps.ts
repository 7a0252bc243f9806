/** The buttons of the text, and what came of what they typed. */

import type { PageText, StepResult } from '#runner/page/protocol.ts'
import { element, find } from './element.ts'
import type { Connection } from './server.ts'

const MARKS = { running: '…', same: '✓', different: '≠', refused: '!' } as const

export class Steps {
  readonly #main: HTMLElement
  readonly #words: PageText['words']
  readonly #connection: Connection
  /** the steps of a section that are still to be typed, one after the other */
  #waiting: number[] = []

  constructor(main: HTMLElement, { words }: PageText, connection: Connection) {
    this.#main = main
    this.#words = words
    this.#connection = connection
    main.addEventListener('click', event => this.#onClick(event.target as Element))
    document.addEventListener('keydown', event => this.#onKey(event))
  }

  show(result: StepResult): void {
    const { step, state, message = '', detail = [] } = result
    const place = this.#main.querySelector<HTMLElement>(`.step[data-step="${step}"]`)
    if (!place) return
    place.dataset.state = state
    const mark = find('.mark', place)
    mark.textContent = MARKS[state]
    mark.title = this.#words[state]
    const finding = find('.finding', place)
    finding.hidden = state === 'same' || state === 'running'
    if (state === 'different')
      finding.replaceChildren(
        element('p', {}, detail.length > 0 && detail[0]!.match(/^[-+ ]/) ? this.#words.different : message),
        element('pre', {}, detail.join('\n')),
      )
    else finding.textContent = `${this.#words.refused}${message}`
    this.#goOn(result)
  }

  /** Forgets all results: the lab is another. */
  clear(): void {
    this.#waiting = []
    for (const place of this.#main.querySelectorAll<HTMLElement>('.step[data-state]')) {
      delete place.dataset.state
      find('.mark', place).textContent = ''
      find('.finding', place).hidden = true
    }
  }

  #onClick(target: Element): void {
    const run = target.closest('button.run')
    const place = run?.closest<HTMLElement>('.step')
    const section = target.closest('button.run-section')
    if (place) this.#run(Number(place.dataset.step))
    if (section) this.#runSection(section.closest('.section')!)
  }

  #run(step: number): void {
    document.body.classList.add('with-terminals')
    this.#connection.send({ type: 'run', step })
  }

  // A section ends where the next heading of a section is.
  #runSection(heading: Element): void {
    this.#waiting = []
    for (
      let next = heading.nextElementSibling;
      next && !next.matches('.section, h1, h2');
      next = next.nextElementSibling
    )
      for (const place of next.querySelectorAll<HTMLElement>('.step:has(button.run:not(:disabled))'))
        if (!place.closest('details')) this.#waiting.push(Number(place.dataset.step))
    this.#runNext()
  }

  #runNext(): void {
    const step = this.#waiting.shift()
    if (step !== undefined) this.#run(step)
  }

  #goOn({ state }: StepResult): void {
    if (state === 'same') this.#runNext()
    else if (state !== 'running') this.#waiting = []
  }

  /** j and k lead to the next button and to the one before, as in many readers. */
  #onKey({ key, target, ctrlKey, altKey, metaKey }: KeyboardEvent): void {
    const isTyping = (target as Element).closest('.window, select, dialog')
    if (isTyping || ctrlKey || altKey || metaKey || (key !== 'j' && key !== 'k')) return
    const buttons = [...this.#main.querySelectorAll<HTMLButtonElement>('button.run:not(:disabled)')]
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const button = buttons[here + (key === 'j' ? 1 : -1)]
    button?.focus()
    button?.scrollIntoView({ block: 'center' })
  }
}
