/** Running text: from an inline token of markdown-it to pieces of text, each painted in one way. */

import type { Token } from 'markdown-it'
import type { Colours } from '../colours.ts'

type Paint = (text: string) => string

export type Piece = {
  readonly text: string
  readonly paint: Paint
  /** stays on one line if it fits into one, because somebody will copy it */
  readonly isWhole?: boolean
}

/** Paints nothing. */
export const asItIs: Paint = text => text

// A command that a reader types. Variables may stand before it.
const COMMAND = /^(?:[A-Z_]+=\S+ +)*(?:sudo|npx|npm) /

/** Code in running text; where there are no colours, its marks tell it from other words. */
export const codePiece = (text: string, paint: Colours, around: Paint = asItIs): Piece => ({
  text: paint.plain ? `\`${text}\`` : text,
  paint: inner => around(paint.cyan(inner)),
  ...(COMMAND.test(text) && { isWhole: true }),
})

/** Whether a link leads out of the project: then a terminal must show where. */
const isExternal = (href: string): boolean => /^https?:/.test(href)

const hrefOf = ({ attrs }: Token): string => String(attrs?.find(([name]) => name === 'href')?.[1] ?? '')

const paintOf = (token: Token, paint: Colours): Paint | undefined => {
  if (token.type === 'strong_open') return paint.bold
  if (token.type === 'em_open') return paint.italic
  // Only a link with its address is drawn as one: a terminal cannot follow the others.
  if (token.type === 'link_open') return isExternal(hrefOf(token)) ? paint.underline : asItIs
  return undefined
}

/**
 * The pieces of running text.
 * @param inline a token of the type `inline`
 */
export const pieces = (inline: Token, paint: Colours): Piece[] => {
  const found: Piece[] = []
  const stack: Paint[] = []
  const targets: string[] = []
  const around = (): Paint => {
    const paints = [...stack]
    return inner => paints.reduceRight((done, each) => each(done), inner)
  }
  const add = (text: string, own: Paint = asItIs): void => {
    const outer = around()
    found.push({ text, paint: inner => outer(own(inner)) })
  }
  for (const token of inline.children ?? []) {
    const { type, content } = token
    const opened = paintOf(token, paint)
    if (opened) stack.push(opened)
    if (type === 'link_open') targets.push(hrefOf(token))
    if (type.endsWith('_close')) stack.pop()
    if (type === 'link_close') {
      const href = targets.pop()!
      if (isExternal(href) && found.at(-1)?.text !== href) add(` <${href}>`, paint.dim)
    }
    if (type === 'text' || type === 'html_entity') add(content)
    if (type === 'code_inline') found.push(codePiece(content, paint, around()))
    if (type === 'softbreak') add('\n')
    if (type === 'hardbreak') add('\v')
    if (type === 'image') add(content, paint.italic)
  }
  return found
}
