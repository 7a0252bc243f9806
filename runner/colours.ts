/** Colours of the terminal, where they are wanted. Source: https://no-color.org, console_codes(4) */

type Paint = (text: string) => string

export type Colours = Readonly<
  Record<'bold' | 'dim' | 'italic' | 'underline' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan', Paint>
>

const paint =
  (on: number, off: number, isWanted: boolean): Paint =>
  text =>
    isWanted && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text

/** Whether a stream is to have colours: NO_COLOR forbids, FORCE_COLOR demands, else a terminal has them. */
export const wantsColours = (stream: { readonly isTTY?: boolean }): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR)
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Paints, or leaves a text as it is. */
export const colours = (isWanted: boolean): Colours => ({
  bold: paint(1, 22, isWanted),
  dim: paint(2, 22, isWanted),
  italic: paint(3, 23, isWanted),
  underline: paint(4, 24, isWanted),
  red: paint(31, 39, isWanted),
  green: paint(32, 39, isWanted),
  yellow: paint(33, 39, isWanted),
  blue: paint(34, 39, isWanted),
  magenta: paint(35, 39, isWanted),
  cyan: paint(36, 39, isWanted),
})
