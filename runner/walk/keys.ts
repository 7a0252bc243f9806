/** Hands out what is typed, a key at a time, or lends all of it to somebody else. What happens meanwhile waits in the same queue. */

/** Ctrl-], as telnet(1) has it: hardly any program wants it for itself. */
const GIVE_BACK = '\x1d'

// The sequences that a terminal sends for an arrow, or as an answer to a question, are no keys of ours.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these begin with one
const SEQUENCE = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|\][^\x07\x1b]*(?:\x07|\x1b\\))/g

export class Keys {
  readonly #queue: string[] = []
  #wake: (() => void) | undefined
  #other: ((text: string) => void) | undefined
  #giveBack: (() => void) | undefined

  /** Takes in what was typed. */
  feed(text: string): void {
    if (!this.#other) {
      for (const key of text.replace(SEQUENCE, '')) this.put(key)
      return
    }
    const end = text.indexOf(GIVE_BACK)
    const theirs = end < 0 ? text : text.slice(0, end)
    if (theirs) this.#other(theirs)
    if (end < 0) return
    this.giveBack()
    this.feed(text.slice(end + 1))
  }

  /** Puts an event into the queue that is no key. Its name has more than one letter, so that no key is mistaken for it. */
  put(event: string): void {
    this.#queue.push(event)
    this.#wake?.()
  }

  /** Resolves with the next key or event of the queue, as soon as there is one. */
  async next(): Promise<string> {
    while (this.#queue.length === 0)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return this.#queue.shift()!
  }

  /** Gives another all that is typed, until Ctrl-] or giveBack(). */
  async lend(other: (text: string) => void): Promise<void> {
    this.#other = other
    await new Promise<void>(resolve => {
      this.#giveBack = resolve
    })
  }

  /** Takes the keys back. */
  giveBack(): void {
    this.#other = undefined
    this.#giveBack?.()
  }
}
