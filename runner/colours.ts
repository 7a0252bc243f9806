/** Colours of the terminal, where they are wanted. Source: https://no-color.org, console_codes(4) */

type Paint = (text: string) => string

/** Where each begins, and what ends it. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const

export type Colour = keyof typeof CODES

export type Colours = Readonly<Record<Colour, Paint>> & {
  /** whether there are none: what a colour would tell has to be told otherwise */
  readonly plain: boolean
}

const paintWith =
  ([on, off]: readonly [number, number]): Paint =>
  text =>
    text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`

const asItIs: Paint = text => text

/** Whether a stream is to have colours: NO_COLOR forbids, FORCE_COLOR demands, else a terminal has them. */
export const wantsColours = (stream: { readonly isTTY?: boolean }): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR)
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Paints, or leaves a text as it is. */
export const colours = (isWanted: boolean): Colours => {
  const paints = Object.entries(CODES).map(([name, codes]) => [name, isWanted ? paintWith(codes) : asItIs])
  return { ...(Object.fromEntries(paints) as Record<Colour, Paint>), plain: !isWanted }
}
