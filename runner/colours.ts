/** Colours of the terminal, where they are wanted. Source: https://no-color.org, console_codes(4) */

import { styleText } from 'node:util'

type Paint = (text: string) => string

const NAMES = ['bold', 'dim', 'italic', 'underline', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const

export type Colour = (typeof NAMES)[number]

export type Colours = Readonly<Record<Colour, Paint>> & {
  /** whether there are none: what a colour would tell has to be told otherwise */
  readonly plain: boolean
}

// Whether there are colours is decided below: Node's own look at the stream came with 22.13, and differs.
const paintWith =
  (colour: Colour): Paint =>
  text =>
    text === '' ? '' : styleText(colour, text, { validateStream: false })

const leaveAsItIs: Paint = text => text

/** Whether a stream is to have colours: NO_COLOR forbids, FORCE_COLOR demands, else a terminal has them. */
export const wantsColours = (stream: { readonly isTTY?: boolean }): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR)
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Paints, or leaves a text as it is. */
export const colours = (isWanted: boolean): Colours => {
  const paints = NAMES.map(name => [name, isWanted ? paintWith(name) : leaveAsItIs])
  return { ...(Object.fromEntries(paints) as Record<Colour, Paint>), plain: !isWanted }
}
