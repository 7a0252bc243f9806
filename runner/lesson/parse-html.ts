/** The few pieces of HTML that a lesson has. */

import { decodeHTML, decodeHTMLAttribute } from 'entities'
import { visible } from '../visible.ts'
import type { Html, Notes, Picture, Span, SummaryPart } from './lesson.ts'

/** The value of an attribute of the first tag in a piece of HTML. */
export const attribute = (html: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'i').exec(html)
  return value ? visible(decodeHTMLAttribute(value[1] ?? value[2] ?? '')) : undefined
}

/** `<img …>` and nothing else. */
export const pictureOf = (html: string, span: Span): Picture | undefined => {
  const text = html.trim()
  if (!/^<img\s[^>]*>$/i.test(text)) return undefined
  const src = attribute(text, 'src') ?? ''
  return { ...span, kind: 'picture', src, alt: attribute(text, 'alt') ?? '', width: attribute(text, 'width') }
}

/** A piece of HTML that opens or closes nothing. */
export const htmlBlock = (html: string, span: Span): Picture | Notes | Html => {
  const notes = /^<!--\s*notes:\s*([\s\S]*?)\s*-->\s*$/.exec(html.trim())
  if (notes) return { ...span, kind: 'notes', text: notes[1]! }
  return pictureOf(html, span) ?? { ...span, kind: 'html', text: html }
}

/** What `<!-- varies: … -->` says, line by line. */
export const variesMark = (html: string): readonly string[] | undefined => {
  const found = /^<!--\s*varies:\s*\n([\s\S]*?)\n?\s*-->\s*$/.exec(html.trim())
  return found ? found[1]!.split('\n').map(line => line.trimEnd()) : undefined
}

type DetailsMark = { readonly opens: boolean; readonly summary: readonly SummaryPart[] }

/** A question, which is HTML: GitHub makes code of `<code>` in it, and nothing of Markdown's marks. */
const summaryParts = (html: string): SummaryPart[] =>
  html
    .trim()
    .split(/<code>([\s\S]*?)<\/code>/i)
    .map((part, index) => ({
      text: visible(decodeHTML(part.replace(/<\/?[a-z][^>]*>/gi, ''))).replace(/\s+/g, ' '),
      isCode: index % 2 === 1,
    }))
    .filter(({ text }) => text !== '')

/** What `<details>` with its `<summary>`, or `</details>`, says. */
export const detailsMark = (html: string): DetailsMark | undefined => {
  const text = html.trim()
  if (/^<\/details>$/i.test(text)) return { opens: false, summary: [] }
  const open = /^<details[^>]*>\s*(?:<summary>([\s\S]*?)<\/summary>)?$/i.exec(text)
  return open ? { opens: true, summary: summaryParts(open[1] ?? '') } : undefined
}

/** What links can lead to in HTML: ids and names. */
export const anchorsInHtml = (html: string): string[] =>
  [...html.matchAll(/\s(?:id|name)\s*=\s*["']([^"']+)["']/gi)].map(match => match[1]!)
