/** Running text: from an inline token of markdown-it to pieces of text, each painted in one way. */

import type { Token } from 'markdown-it'
import type { Colours } from '../colours.ts'

type Paint = (text: string) => string

export type Piece = { readonly text: string; readonly paint: Paint }

/** Paints nothing. */
export const asItIs: Paint = text => text

/** Whether a link leads out of the project: then a terminal must show where. */
const isExternal = (href: string): boolean => /^https?:/.test(href)

const paintOf = (type: string, paint: Colours): Paint | undefined => {
  if (type === 'strong_open') return paint.bold
  if (type === 'em_open') return paint.italic
  if (type === 'link_open') return paint.underline
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
  const add = (text: string, own: Paint = asItIs): void => {
    const around = [...stack]
    found.push({ text, paint: inner => around.reduceRight((done, each) => each(done), own(inner)) })
  }
  for (const { type, content, attrs } of inline.children ?? []) {
    const opened = paintOf(type, paint)
    if (opened) stack.push(opened)
    if (type === 'link_open') targets.push(String(attrs?.find(([name]) => name === 'href')?.[1] ?? ''))
    if (type.endsWith('_close')) stack.pop()
    if (type === 'link_close') {
      const href = targets.pop()!
      if (isExternal(href) && found.at(-1)?.text !== href) add(` <${href}>`, paint.dim)
    }
    if (type === 'text' || type === 'html_entity') add(content)
    if (type === 'code_inline') add(paint.plain ? `\`${content}\`` : content, paint.cyan)
    if (type === 'softbreak') add('\n')
    if (type === 'hardbreak') add('\v')
    if (type === 'image') add(content, paint.italic)
  }
  return found
}
