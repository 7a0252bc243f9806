/** A lesson as HTML for the page. Nothing of the HTML in a text gets here: see inline-html.ts. */

import { dirname, relative, resolve } from 'node:path'
import { escapeUTF8 as escaped } from 'entities'
import { projectRoot, type Text } from '../lesson/chapters.ts'
import type {
  Block,
  Details,
  Excerpt,
  Heading,
  Lesson,
  List,
  Picture,
  Table,
  Transcript,
} from '../lesson/lesson.ts'
import { markUpCode } from '../read/paint-code.ts'
import { inlineHtml, type Links } from './inline-html.ts'
import { linksOf } from './page-links.ts'
import { type PageWords, pageWords } from './page-words.ts'
import { scriptOf } from './script.ts'
import { transcriptHtml } from './transcript-html.ts'

/** Code with colours, in a box. */
export const codeHtml = (text: string, language: string): string => {
  const code = text.replace(/\n$/, '')
  return `<pre class="code" tabindex="0"><code>${markUpCode(code, language) ?? escaped(code)}</code></pre>`
}

class Renderer {
  readonly #lesson: Lesson
  readonly #links: Links
  readonly #words: PageWords
  /** the number of each transcript's first step */
  readonly #firstSteps = new Map<Transcript, number>()
  /** the lines where a section begins that has something to be typed */
  readonly #sections: ReadonlySet<number>

  constructor(lesson: Lesson, texts: readonly Text[]) {
    this.#lesson = lesson
    this.#links = linksOf(lesson, texts)
    this.#words = pageWords(lesson.language)
    for (const [index, { block }] of scriptOf(lesson).entries())
      if (!this.#firstSteps.has(block)) this.#firstSteps.set(block, index)
    const withSteps = lesson.sections.filter(({ blocks }) => blocks.some(({ kind }) => kind === 'transcript'))
    this.#sections = new Set(withSteps.map(({ line }) => line))
  }

  blocks(blocks: readonly Block[]): string {
    return blocks.map(block => this.#block(block)).join('\n')
  }

  #block(block: Block): string {
    switch (block.kind) {
      case 'heading':
        return this.#heading(block)
      case 'paragraph':
        return `<p>${inlineHtml(block.inline, this.#links)}</p>`
      case 'list':
        return this.#list(block)
      case 'quote':
        return `<blockquote>${this.blocks(block.blocks)}</blockquote>`
      case 'table':
        return this.#table(block)
      case 'details':
        return this.#details(block)
      case 'picture':
        return this.#picture(block)
      case 'rule':
        return '<hr>'
      case 'code':
        return codeHtml(block.text, block.language)
      case 'excerpt':
        return this.#excerpt(block)
      case 'transcript':
        return transcriptHtml(block, this.#firstSteps.get(block)!, this.#words)
      default:
        return ''
    }
  }

  #heading({ level, anchor, inline, line }: Heading): string {
    const button = `<button type="button" class="run-section">${this.#words.runSection}</button>`
    const heading = `<h${level} id="${escaped(anchor)}">${inlineHtml(inline, this.#links)}</h${level}>`
    return this.#sections.has(line) ? `<div class="section">${heading}${button}</div>` : heading
  }

  #list({ ordered, start, items }: List): string {
    const tag = ordered ? 'ol' : 'ul'
    const isTight = items.every(item => item.filter(({ kind }) => kind === 'paragraph').length <= 1)
    const item = (blocks: readonly Block[]): string => {
      const [first, ...rest] = blocks
      if (!isTight || first?.kind !== 'paragraph') return this.blocks(blocks)
      return `${inlineHtml(first.inline, this.#links)}${this.blocks(rest)}`
    }
    const lines = items.map(blocks => `<li>${item(blocks)}</li>`)
    return `<${tag}${start === 1 ? '' : ` start="${start}"`}>${lines.join('\n')}</${tag}>`
  }

  #table({ rows: [head = [], ...rows], align }: Table): string {
    const row = (cells: Table['rows'][number], tag: 'td' | 'th'): string =>
      `<tr>${cells
        .map((cell, index) => `<${tag} class="${align[index] ?? 'left'}">${inlineHtml(cell, this.#links)}</${tag}>`)
        .join('')}</tr>`
    const body = rows.map(cells => row(cells, 'td')).join('\n')
    return `<div class="table" tabindex="0"><table><thead>${row(head, 'th')}</thead><tbody>${body}</tbody></table></div>`
  }

  #details({ summary, blocks }: Details): string {
    const question = summary.map(({ text, isCode }) => (isCode ? `<code>${escaped(text)}</code>` : escaped(text)))
    return `<details><summary>${question.join('')}</summary>${this.blocks(blocks)}</details>`
  }

  // The browser has to show the token for a picture, too, so that the page asks for it itself.
  #picture({ src, alt, width }: Picture): string {
    const path = relative(projectRoot, resolve(dirname(this.#lesson.file), src))
    const size = /^\d+$/.test(width ?? '') ? ` width="${width}"` : ''
    return `<p class="picture"><img data-picture="${escaped(path)}" alt="${escaped(alt)}"${size}></p>`
  }

  #excerpt({ path, text, language }: Excerpt): string {
    const target = this.#links(path)
    const name = escaped(path)
    const link =
      target?.kind === 'file'
        ? `<button type="button" class="file" data-file="${escaped(target.path)}">${name}</button>`
        : name
    return `<figure><figcaption>${link}</figcaption>${codeHtml(text, language)}</figure>`
  }
}

/** @param texts those that the page has: links lead to them */
export const textHtml = (lesson: Lesson, texts: readonly Text[]): string =>
  new Renderer(lesson, texts).blocks(lesson.blocks)
