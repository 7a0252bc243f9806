/** Running text as HTML. Only what is written here becomes a tag: HTML in a text is left out. */

import { escapeUTF8 as escaped } from 'entities'
import type { Token } from 'markdown-it'
import type { linksOf } from './page-links.ts'

export type Links = ReturnType<typeof linksOf>

const PLAIN_TAGS: Readonly<Record<string, string>> = {
  strong_open: '<strong>',
  strong_close: '</strong>',
  em_open: '<em>',
  em_close: '</em>',
  s_open: '<s>',
  s_close: '</s>',
  softbreak: '\n',
  hardbreak: '<br>',
}

const openLink = (token: Token, links: Links): readonly [string, string] => {
  const target = links(String(token.attrGet('href') ?? ''))
  if (!target) return ['', '']
  if (target.kind === 'file')
    return [`<button type="button" class="file" data-file="${escaped(target.path)}">`, '</button>']
  const elsewhere = target.kind === 'outside' ? ' target="_blank" rel="noopener noreferrer"' : ''
  return [`<a href="${escaped(target.href)}"${elsewhere}>`, '</a>']
}

// A line may end anywhere in Chinese, where no space stands between two characters.
const BETWEEN_CHINESE =
  /(?<=[\p{Script=Han}\u3000-\u303f\uff00-\uffef])\n(?=[\p{Script=Han}\u3000-\u303f\uff00-\uffef])/gu

/** @param inline a token of the type `inline` */
export const inlineHtml = (inline: Token, links: Links): string => {
  const closings: string[] = []
  let html = ''
  for (const token of inline.children ?? []) {
    const { type, content } = token
    if (type === 'link_open') {
      const [opening, closing] = openLink(token, links)
      html += opening
      closings.push(closing)
    } else if (type === 'link_close') html += closings.pop() ?? ''
    else if (type === 'code_inline') html += `<code>${escaped(content)}</code>`
    else if (type !== 'html_inline') html += PLAIN_TAGS[type] ?? escaped(content)
  }
  return html.replace(BETWEEN_CHINESE, '')
}
