/** The reader's own terminal: taken over as it is, and given back as it was. */

import { constants } from 'node:os'
import { ProgramError } from '#native/program-error.ts'
import type { ScreenSize } from '../terminal/screen.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// These show the cursor and take off colours, the mouse and bracketed paste, because a program in the shell may have left any of them.
const USUAL = '\x1b[?25h\x1b[m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l'
const LEAVE_ALTERNATE = '\x1b[?1049l'

/** @throws ProgramError when there is no terminal */
export const requireTerminal = (): void => {
  if (process.stdin.isTTY && process.stdout.isTTY) return
  throw new ProgramError(
    'walk needs a terminal to show a shell in: run it in a window, or read the chapter with "read"',
  )
}

/**
 * Has a process of its own look after the terminal: it puts the modes back even when this program is killed by SIGKILL.
 * native/ hires it with the first child.
 */
const hireCaretaker = async (): Promise<void> => {
  try {
    const { clone, exitCode } = await import('#native/index.ts')
    const { SIGCHLD } = await import('#native/linux.ts')
    await exitCode(clone([], SIGCHLD))
  } catch {
    // Without ffi-rs chapters cannot run, but a lesson can be shown.
  }
}

type WindowEvents = {
  /** is told what is typed */
  readonly onInput: (text: string) => void
  /** is told that nothing will be typed any more */
  readonly onHangUp: () => void
  /** is told that the window has another size */
  readonly onResize: () => void
  /** is called before this program ends by a signal */
  readonly onSignal: () => Promise<void>
}

export class Window {
  /** whether a program has the alternate screen, as editors do: there nothing of ours is to be drawn */
  isAlternate = false
  #isOpen = false

  get size(): ScreenSize {
    return { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 }
  }

  /** Takes the terminal over. */
  async open({ onInput, onHangUp, onResize, onSignal }: WindowEvents): Promise<void> {
    await hireCaretaker()
    process.stdin.setEncoding('utf8')
    process.stdin.setRawMode(true)
    this.#isOpen = true
    process.stdin.on('data', onInput).on('end', onHangUp).on('error', onHangUp)
    process.stdout.on('resize', onResize)
    process.on('exit', () => this.close())
    for (const signal of SIGNALS)
      process.once(signal, async () => {
        this.leaveLine()
        this.close()
        await onSignal()
        process.exit(128 + constants.signals[signal])
      })
  }

  /** Gives the terminal back. A second time does nothing. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.stdout.write(`${this.isAlternate ? LEAVE_ALTERNATE : ''}${USUAL}`)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }

  /** Goes to a new line, below all that is shown. */
  leaveLine(): void {
    this.write('\x1b[J\r\n')
  }

  write(text: string): void {
    if (this.#isOpen) process.stdout.write(text)
  }

  /** Writes lines of our own: in raw mode a newline alone does not go back to the first column. */
  print(text: string): void {
    this.write(text.replaceAll('\n', '\r\n'))
  }

  /** Shows what a program in the shell has written. */
  pass(data: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of a terminal begin with one
    const [last] = [...data.matchAll(/\x1b\[\?(?:1049|1047|47)([hl])/g)].slice(-1)
    if (last) this.isAlternate = last[1] === 'h'
    // A question to the terminal is answered by the screen that reads along; another answer would be one too many.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
    this.write(data.replace(/\x1b\[(?:\??[56]n|[>=]?0?c)/g, ''))
  }
}
