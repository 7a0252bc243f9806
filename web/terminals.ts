/** The right side of the page: its terminals, what the lab is doing, and the button that makes another lab. */

import type { FromServer, PageText } from '#runner/page/protocol.ts'
import { element } from './element.ts'
import type { Connection } from './server.ts'
import { TerminalWindow } from './terminal-window.ts'

export class Terminals {
  readonly element: HTMLElement
  readonly #words: PageText['words']
  readonly #state = element('p', { className: 'state', role: 'status' })
  readonly #windows = new Map<string, TerminalWindow>()
  #connection: Connection | undefined

  constructor({ terminals, words }: PageText) {
    this.#words = words
    const reset = element('button', { type: 'button', className: 'reset' }, words.reset)
    reset.onclick = () => this.#connection?.send({ type: 'reset' })
    const bar = element('div', { className: 'bar' }, this.#state, reset)
    this.element = element('aside', { className: 'terminals', ariaLabel: words.showTerminals }, bar)
    for (const name of terminals) this.#add(name, terminals.length > 1)
  }

  #add(name: string, isOneOfMany: boolean): void {
    const label = `${this.#words.terminal} ${name}`
    const window = new TerminalWindow(name, label, {
      onInput: data => this.#connection?.send({ type: 'input', terminal: name, data }),
      onDrawn: length => this.#connection?.send({ type: 'drawn', terminal: name, length }),
      onResize: size => this.#connection?.send({ type: 'resize', terminal: name, ...size }),
    })
    this.#windows.set(name, window)
    if (isOneOfMany) this.element.append(element('h2', {}, label))
    this.element.append(window.element)
  }

  /** Draws them: the element has to be in the page by now. */
  open(connection: Connection): void {
    this.#connection = connection
    for (const window of this.#windows.values()) window.open()
  }

  focus(name: string): void {
    this.#windows.get(name)?.focus()
  }

  /** Does what a message says to the terminals. */
  handle(message: FromServer): void {
    if (message.type === 'welcome' || message.type === 'reset') this.#openShells()
    else if (message.type === 'reopen') this.#openShell(message.terminal)
    else if (message.type === 'screen') this.#windows.get(message.terminal)?.show(message.data)
    else if (message.type === 'output') this.#windows.get(message.terminal)?.write(message.data)
    else if (message.type === 'lab') this.#showLab(message)
  }

  showLost(): void {
    this.#say(this.#words.lost, true)
  }

  #openShells(): void {
    this.#say('')
    for (const terminal of this.#windows.keys()) this.#openShell(terminal)
  }

  #openShell(terminal: string): void {
    const window = this.#windows.get(terminal)
    if (window) this.#connection?.send({ type: 'open', terminal, ...window.size })
  }

  #showLab({ state, why = '' }: Extract<FromServer, { type: 'lab' }>): void {
    document.body.classList.toggle('without-lab', state === 'none')
    if (state === 'none') this.#say(`${this.#words.noLab}${why}. ${this.#words.runAsRoot}`, true)
    else this.#say(state === 'making' ? this.#words.making : '')
  }

  #say(text: string, isTrouble = false): void {
    this.#state.textContent = text
    this.#state.classList.toggle('trouble', isTrouble)
  }
}
