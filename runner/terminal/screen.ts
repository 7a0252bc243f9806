/** What a window shows: the bytes of a program go in, lines come out. */

import { createRequire } from 'node:module'
import xterm, { type IMarker } from '@xterm/headless'

/** A place on the screen, in lines from the top of what can be scrolled to, and columns. */
type Position = { readonly row: number; readonly column: number }

export type ScreenSize = { readonly cols: number; readonly rows: number }

const SCROLLBACK = 50_000 // lines
const SNAPSHOT_SCROLLBACK = 2000 // lines

const loadSerializer = (): typeof import('@xterm/addon-serialize') =>
  createRequire(import.meta.url)('@xterm/addon-serialize')

/** A terminal emulator without a window. */
export class Screen {
  /** How often a marked prompt was shown: OSC 133;B, see shell-environment.ts. */
  prompts = 0
  /** How often the prompt for a further line was shown. */
  continuations = 0
  /** When something was shown last, as performance.now() counts. */
  changed = performance.now()
  readonly #terminal: xterm.Terminal
  #promptStart: IMarker | undefined
  #promptColumn = 0
  #isContinuation = false
  #cleared = false
  readonly #listeners = new Set<() => void>()

  /** @param answer sends what the terminal itself answers, such as the cursor's position */
  constructor({ cols, rows }: ScreenSize, answer: (text: string) => void) {
    this.#terminal = new xterm.Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true })
    this.#terminal.onData(answer)
    this.#terminal.parser.registerOscHandler(133, mark => this.#onMark(mark))
    this.#terminal.parser.registerCsiHandler({ final: 'J' }, params => {
      if (params[0] === 2 || params[0] === 3) this.#cleared = true
      return false
    })
  }

  /** Shows bytes. */
  feed(data: string): void {
    this.#terminal.write(data, () => {
      this.changed = performance.now()
      for (const listener of this.#listeners) listener()
    })
  }

  /** Is told whenever something was shown. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  resize({ cols, rows }: ScreenSize): void {
    this.#terminal.resize(cols, rows)
  }

  dispose(): void {
    this.#terminal.dispose()
  }

  /**
   * What makes another terminal show the same, colours and modes among it. All that was fed before is in it, and nothing
   * that is fed later.
   */
  snapshot(): Promise<string> {
    const { SerializeAddon } = loadSerializer()
    const serializer = new SerializeAddon()
    this.#terminal.loadAddon(serializer)
    const read = (): string => {
      const text = serializer.serialize({ scrollback: SNAPSHOT_SCROLLBACK })
      serializer.dispose()
      return text
    }
    return new Promise(resolve => this.#terminal.write('', () => resolve(read())))
  }

  /** Where the cursor is. */
  get cursor(): Position {
    const { baseY, cursorY, cursorX } = this.#terminal.buffer.normal
    return { row: baseY + cursorY, column: cursorX }
  }

  /** The line with the cursor, up to the cursor; a line that goes on in the next row of the screen is one. */
  get cursorLine(): string {
    const { row, column } = this.cursor
    return this.#joined(this.#firstRow(row), { row, column }).at(-1) ?? ''
  }

  /** Where the last marked prompt begins. */
  get promptStart(): Position | undefined {
    const row = this.#promptStart?.line
    return row === undefined || row < 0 ? undefined : { row, column: this.#promptColumn }
  }

  /**
   * Remembers where the cursor is. If the screen is cleared, the place is lost, and reading begins at the top of the screen.
   * @param typed what was typed ends there. Where it just fills a row, a shell that edits lines goes on to the next row,
   * but writes what comes after Enter to that very row.
   */
  mark(typed = false): ScreenMark {
    this.#cleared = false
    const { row, column } = this.cursor
    const isFull = typed && column === 0 && this.#terminal.buffer.normal.getLine(row)?.isWrapped
    const marker = this.#terminal.registerMarker(isFull ? -1 : 0)
    return {
      position: () => {
        const lost = this.#cleared || !marker || marker.isDisposed
        return lost ? undefined : { row: marker.line, column }
      },
    }
  }

  /**
   * The lines from one place to another, without the spaces at their ends.
   * @param from undefined: the top of the screen
   */
  lines(from: Position | undefined, to: Position): string[] {
    const top = { row: this.#terminal.buffer.normal.baseY, column: 0 }
    return this.#joined(from ?? top, to).map(line => line.trimEnd())
  }

  // A row in which the row before it goes on is a part of the same line.
  #joined(from: Position | number, to: Position): string[] {
    const start = typeof from === 'number' ? { row: from, column: 0 } : from
    const buffer = this.#terminal.buffer.normal
    const lines: string[] = []
    for (let row = start.row; row <= to.row; row += 1) {
      const line = buffer.getLine(row)
      if (!line) break
      const goesOn = buffer.getLine(row + 1)?.isWrapped && row < to.row
      const first = row === start.row ? start.column : 0
      const text = line.translateToString(!goesOn && row < to.row, first, row === to.row ? to.column : undefined)
      if (line.isWrapped && row > start.row) lines[lines.length - 1] += text
      else lines.push(text)
    }
    return lines
  }

  #firstRow(row: number): number {
    let first = row
    while (first > 0 && this.#terminal.buffer.normal.getLine(first)?.isWrapped) first -= 1
    return first
  }

  #onMark(mark: string): boolean {
    if (mark === 'A') {
      this.#promptStart?.dispose()
      this.#promptStart = this.#terminal.registerMarker(0)
      this.#promptColumn = this.cursor.column
    }
    if (mark.startsWith('A')) this.#isContinuation = mark !== 'A'
    if (mark !== 'B') return true
    if (this.#isContinuation) this.continuations += 1
    else this.prompts += 1
    return true
  }
}

/** A place that was remembered. */
export type ScreenMark = {
  /** where it is now; undefined after the screen was cleared */
  position(): Position | undefined
}
