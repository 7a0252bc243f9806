/** A terminal of the page: what its shell shows is drawn, what is typed goes to the server. */

import { FitAddon } from '@xterm/addon-fit'
import { type ITheme, Terminal } from '@xterm/xterm'
import type { ScreenSize } from '#runner/terminal/screen.ts'
import { element } from './element.ts'

// The texts are checked in windows of so many columns, and some programs show other lines in another.
const COLUMNS = 100
const FONT = 'ui-monospace, "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, monospace'
const SMALLEST_FONT = 10 // px
const LARGEST_FONT = 14
const FEWEST_ROWS = 8
const SCROLLBACK = 5000 // lines
const SCROLLBAR = 16 // px

const LIGHT: ITheme = {
  background: '#fbfbfa',
  foreground: '#1f2328',
  cursor: '#1f2328',
  cursorAccent: '#fbfbfa',
  selectionBackground: '#b6d7ff',
  green: '#116329',
  yellow: '#7d4e00',
  blue: '#0550ae',
  magenta: '#8250df',
  cyan: '#1b7c83',
  red: '#cf222e',
  white: '#59636e',
  brightWhite: '#1f2328',
}

const DARK: ITheme = {
  background: '#0d1117',
  foreground: '#e6edf3',
  cursor: '#e6edf3',
  cursorAccent: '#0d1117',
  selectionBackground: '#264f78',
}

const isDark = matchMedia('(prefers-color-scheme: dark)')

/** How many pixels a character is wide for each pixel of the font's size. */
const widthOfCharacter = (): number => {
  const context = document.createElement('canvas').getContext('2d')!
  context.font = `100px ${FONT}`
  return context.measureText('W').width / 100
}

/** The server's own terminal answers what programs ask a terminal. A second answer would be typed into the shell. */
const answerNothing = ({ parser }: Terminal): void => {
  const swallow = (): boolean => true
  for (const prefix of ['', '?', '>', '=']) {
    const id = prefix ? { prefix } : {}
    parser.registerCsiHandler({ ...id, final: 'c' }, swallow)
    parser.registerCsiHandler({ ...id, final: 'n' }, swallow)
    parser.registerCsiHandler({ ...id, intermediates: '$', final: 'p' }, swallow)
  }
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow)
  for (const colour of [4, 10, 11, 12]) parser.registerOscHandler(colour, data => data.includes('?'))
}

type Events = {
  onInput(data: string): void
  onDrawn(length: number): void
  onResize(size: ScreenSize): void
}

export class TerminalWindow {
  readonly element: HTMLElement
  readonly #host: HTMLElement
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()

  constructor(name: string, label: string, events: Events) {
    this.#host = element('div', { className: 'host' })
    this.element = element('section', { className: 'window', ariaLabel: label }, this.#host)
    this.element.dataset.terminal = name
    this.#terminal = new Terminal({
      cols: COLUMNS,
      fontFamily: FONT,
      scrollback: SCROLLBACK,
      screenReaderMode: false,
      theme: isDark.matches ? DARK : LIGHT,
      minimumContrastRatio: 4.5,
    })
    this.#terminal.loadAddon(this.#fit)
    answerNothing(this.#terminal)
    this.#terminal.onData(events.onInput)
    this.#terminal.onResize(events.onResize)
    this.#onDrawn = events.onDrawn
    isDark.addEventListener('change', () => {
      this.#terminal.options.theme = isDark.matches ? DARK : LIGHT
    })
  }

  readonly #onDrawn: (length: number) => void

  get size(): ScreenSize {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows }
  }

  /** Draws it: its element has to be in the page by now. */
  open(): void {
    this.#terminal.open(this.#host)
    this.#terminal.textarea!.ariaLabel = this.element.ariaLabel
    new ResizeObserver(() => this.fit()).observe(this.element)
    this.fit()
  }

  /** Chooses the font that shows all columns, and as many rows as there is room for. */
  fit(): void {
    const { clientWidth, clientHeight } = this.element
    if (clientWidth === 0 || clientHeight === 0) return
    const fitting = Math.floor(((clientWidth - SCROLLBAR) / COLUMNS / widthOfCharacter()) * 2) / 2
    this.#terminal.options.fontSize = Math.min(LARGEST_FONT, Math.max(SMALLEST_FONT, fitting))
    const { rows = FEWEST_ROWS } = this.#fit.proposeDimensions() ?? {}
    this.#terminal.resize(COLUMNS, Math.max(FEWEST_ROWS, rows))
  }

  /** Shows all that the shell shows, in the place of what was there. */
  show(data: string): void {
    this.#terminal.reset()
    this.#terminal.write(data)
  }

  write(data: string): void {
    this.#terminal.write(data, () => this.#onDrawn(data.length))
  }

  focus(): void {
    this.#terminal.focus()
  }
}
