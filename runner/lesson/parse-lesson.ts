/** Markdown becomes a lesson. */

import GithubSlugger from 'github-slugger'
import MarkdownIt, { type Token } from 'markdown-it'
import { visible } from '../visible.ts'
import type { Block, Flaw, Language, Lesson, Link, Section, Span, Table, Transcript, Varies } from './lesson.ts'
import { parseFence } from './parse-fence.ts'
import { anchorsInHtml, attribute, detailsMark, htmlBlock, pictureOf, variesMark } from './parse-html.ts'
import type { Names } from './wildcards.ts'
import { withVaries } from './with-varies.ts'

const markdown = new MarkdownIt({ html: true })

/** What is shown of an inline token, without marks. */
export const plain = (inline: Token): string =>
  (inline.children ?? [])
    .map(({ type, content }) =>
      type === 'softbreak' || type === 'hardbreak' ? ' ' : type === 'html_inline' ? '' : content,
    )
    .join('')

const spanOf = (token: Token): Span => ({ line: token.map![0] + 1, end: token.map![1] })

/** Goes over the tokens of markdown-it, which open and close, and makes blocks of them. */
class Parser {
  readonly links: Link[] = []
  readonly anchors = new Set<string>()
  readonly flaws: Flaw[] = []
  samples: Names = new Map()
  readonly #tokens: readonly Token[]
  readonly #slugger = new GithubSlugger()
  #next = 0

  constructor(source: string) {
    this.#tokens = markdown.parse(visible(source), {})
  }

  /** The blocks up to the token that closes what we are in, or to the end. */
  blocks(closing?: string): Block[] {
    const blocks: Block[] = []
    for (;;) {
      const token = this.#tokens[this.#next]
      if (!token || token.type === closing) return blocks
      if (closing === 'details' && token.type === 'html_block' && detailsMark(token.content)?.opens === false)
        return blocks
      if (closing === 'details' && token.nesting < 0) return blocks
      this.#next += 1
      const block = this.#block(token)
      if (block) blocks.push(block)
    }
  }

  #block(token: Token): Block | undefined {
    switch (token.type) {
      case 'heading_open':
        return this.#heading(token)
      case 'paragraph_open':
        return this.#paragraph(token)
      case 'bullet_list_open':
      case 'ordered_list_open':
        return this.#list(token)
      case 'blockquote_open': {
        const blocks = this.blocks('blockquote_close')
        this.#next += 1
        return { ...spanOf(token), kind: 'quote', blocks }
      }
      case 'table_open':
        return this.#table(token)
      case 'fence': {
        const { block, flaws } = parseFence({ info: token.info, text: token.content }, spanOf(token))
        this.flaws.push(...flaws)
        return block.kind === 'transcript' ? this.#withVaries(block, undefined) : block
      }
      case 'code_block':
        return { ...spanOf(token), kind: 'code', info: '', language: '', isWhole: false, text: token.content }
      case 'html_block':
        return this.#html(token)
      case 'hr':
        return { ...spanOf(token), kind: 'rule' }
      default:
        return undefined
    }
  }

  #heading(token: Token): Block {
    const inline = this.#inline(token)
    const text = plain(inline)
    const anchor = this.#slugger.slug(text)
    this.anchors.add(anchor)
    return { ...spanOf(token), kind: 'heading', level: Number(token.tag.slice(1)), text, anchor, inline }
  }

  #paragraph(token: Token): Block {
    const inline = this.#inline(token)
    return pictureOf(inline.content, spanOf(token)) ?? { ...spanOf(token), kind: 'paragraph', inline }
  }

  // The inline token between one that opens and one that closes.
  #inline(open: Token): Token {
    const inline = this.#tokens[this.#next]!
    this.#next += 2
    this.#lookInto(inline, spanOf(open).line)
    return inline
  }

  #lookInto(inline: Token, firstLine: number): void {
    let line = firstLine
    for (const { type, content, attrs } of inline.children ?? []) {
      if (type === 'softbreak' || type === 'hardbreak') line += 1
      const href = attrs?.find(([name]) => name === 'href' || name === 'src')?.[1]
      if (href !== undefined) this.links.push({ line, href: decoded(String(href)) })
      if (type === 'html_inline') this.#lookIntoHtml(content, line)
    }
  }

  #lookIntoHtml(html: string, line: number): void {
    for (const anchor of anchorsInHtml(html)) this.anchors.add(anchor)
    for (const [tag, name] of html.matchAll(/<(a|img)\s[^>]*>/gi)) {
      const href = attribute(tag, name!.toLowerCase() === 'a' ? 'href' : 'src')
      if (href !== undefined) this.links.push({ line, href })
    }
  }

  #list(token: Token): Block {
    const items: Block[][] = []
    const closing = token.type.replace('open', 'close')
    while (this.#tokens[this.#next]!.type !== closing) {
      this.#next += 1
      items.push(this.blocks('list_item_close'))
      this.#next += 1
    }
    this.#next += 1
    const ordered = token.type === 'ordered_list_open'
    return { ...spanOf(token), kind: 'list', ordered, start: Number(token.attrGet('start') ?? 1), items }
  }

  #table(token: Token): Table {
    const rows: Token[][] = []
    const align: Table['align'][number][] = []
    let line = spanOf(token).line
    for (; this.#tokens[this.#next]!.type !== 'table_close'; this.#next += 1) {
      const current = this.#tokens[this.#next]!
      if (current.type === 'tr_open') {
        rows.push([])
        line = current.map ? spanOf(current).line : line
      }
      if (current.type === 'th_open')
        align.push(
          (/center|right/.exec(String(current.attrGet('style')))?.[0] as 'center' | 'right' | undefined) ?? 'left',
        )
      if (current.type !== 'inline') continue
      this.#lookInto(current, line)
      rows.at(-1)!.push(current)
    }
    this.#next += 1
    return { ...spanOf(token), kind: 'table', rows, align }
  }

  #withVaries(transcript: Transcript, varies: Varies | undefined): Transcript {
    const { block, flaws, samples } = withVaries(transcript, varies, this.samples)
    this.flaws.push(...flaws)
    this.samples = samples
    return block
  }

  // The comment and the transcript that stands right below it are one block.
  #varies(lines: readonly string[], span: Span): Block | undefined {
    const next = this.#tokens[this.#next]
    const fence =
      next?.type === 'fence' ? parseFence({ info: next.info, text: next.content }, spanOf(next)) : undefined
    if (fence?.block.kind !== 'transcript' || fence.block.line !== span.end + 1) {
      this.flaws.push({
        line: span.line,
        message: 'there is no transcript right below the comment that says what varies',
      })
      return undefined
    }
    this.#next += 1
    this.flaws.push(...fence.flaws)
    return this.#withVaries(fence.block, { ...span, lines })
  }

  #html(token: Token): Block | undefined {
    const span = spanOf(token)
    const varies = variesMark(token.content)
    if (varies) return this.#varies(varies, span)
    const mark = detailsMark(token.content)
    if (!mark) {
      const lines = token.content.replace(/\n+$/, '').split('\n').length
      const block = htmlBlock(token.content, { line: span.line, end: span.line + lines - 1 })
      if (block.kind === 'html') this.#lookIntoHtml(token.content, span.line)
      return block
    }
    if (!mark.opens) {
      this.flaws.push({ line: span.line, message: '</details> without <details>' })
      return { ...span, kind: 'html', text: token.content }
    }
    const blocks = this.blocks('details')
    const end = this.#tokens[this.#next]
    if (end?.type === 'html_block') this.#next += 1
    else this.flaws.push({ line: span.line, message: '<details> is not closed' })
    return { line: span.line, end: end?.map?.[1] ?? span.end, kind: 'details', summary: mark.summary, blocks }
  }
}

const decoded = (href: string): string => {
  try {
    return visible(decodeURI(href))
  } catch {
    return href
  }
}

const sectionsOf = (blocks: readonly Block[]): Section[] => {
  const sections: { heading: Section['heading']; blocks: Block[] }[] = []
  for (const block of blocks) {
    const begins = block.kind === 'heading' && block.level <= 2
    if (begins) sections.push({ heading: block, blocks: [] })
    else if (sections.length === 0) sections.push({ heading: undefined, blocks: [block] })
    else sections.at(-1)!.blocks.push(block)
  }
  return sections.map(({ heading, blocks }) => {
    const first = heading ?? blocks[0]!
    return { heading, blocks, line: first.line, end: (blocks.at(-1) ?? first).end }
  })
}

/** Parses a text. Control characters in it become visible ones, save in `source`. What is wrong with its form is among `flaws`, with its line. */
export const parseLesson = (
  source: string,
  { file, language }: { readonly file: string; readonly language: Language },
): Lesson => {
  const parser = new Parser(source)
  const blocks = parser.blocks()
  const { links, anchors, flaws, samples } = parser
  const title = blocks.find(block => block.kind === 'heading')?.text ?? ''
  return { language, file, source, title, blocks, sections: sectionsOf(blocks), links, anchors, flaws, samples }
}
