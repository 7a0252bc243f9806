/** A text of the course, parsed: what read, walk and check all work on. The format is Markdown; see parse-lesson.ts. */

import type { Token } from 'markdown-it'
import type { Names } from './wildcards.ts'

export type Language = 'en' | 'zh'
export const languages = ['en', 'zh'] as const satisfies readonly Language[]

/** Where something stands in a text. Lines count from 1, as editors do; `end` is the last line of it. */
export type Span = { readonly line: number; readonly end: number }

/** A heading. Its inline token has the text with code, emphasis and links as children. */
export type Heading = Span & {
  readonly kind: 'heading'
  readonly level: number
  readonly text: string
  /** as GitHub makes it of the text: what stands behind `#` in a link */
  readonly anchor: string
  readonly inline: Token
}

type Paragraph = Span & { readonly kind: 'paragraph'; readonly inline: Token }

export type List = Span & {
  readonly kind: 'list'
  readonly ordered: boolean
  /** the first number of an ordered list */
  readonly start: number
  readonly items: readonly (readonly Block[])[]
}

type Quote = Span & { readonly kind: 'quote'; readonly blocks: readonly Block[] }

/** A table. The first row is the head; a cell is an inline token. */
export type Table = Span & {
  readonly kind: 'table'
  readonly rows: readonly (readonly Token[])[]
  readonly align: readonly ('left' | 'center' | 'right')[]
}

/** A piece of a question. `<code>` makes it code; other tags in it are left out. */
export type SummaryPart = { readonly text: string; readonly isCode: boolean }

/** A question with a hidden answer: `<details><summary>…</summary> … </details>`. */
export type Details = Span & {
  readonly kind: 'details'
  /** the question, in pieces of text and of code */
  readonly summary: readonly SummaryPart[]
  readonly blocks: readonly Block[]
}

/** An `<img>` on a line of its own. */
export type Picture = Span & {
  readonly kind: 'picture'
  /** relative to the text's directory */
  readonly src: string
  readonly alt: string
  readonly width: string | undefined
}

/** A teacher's note: `<!-- notes: … -->`. Markdown. */
export type Notes = Span & { readonly kind: 'notes'; readonly text: string }

/** Other HTML: comments without `notes:` and the like. */
export type Html = Span & { readonly kind: 'html'; readonly text: string }

type Rule = Span & { readonly kind: 'rule' }

/** A fence that nobody runs and nobody compares with a file. */
export type Code = Span & {
  readonly kind: 'code'
  readonly info: string
  readonly language: string
  /** whether it is a whole program, which a compiler takes as it stands: ```c whole */
  readonly isWhole: boolean
  readonly text: string
}

/** A fence whose content stands in a file: ```ts file=main.ts from="const child" to="]". */
export type Excerpt = Span & {
  readonly kind: 'excerpt'
  readonly info: string
  readonly language: string
  readonly text: string
  /** relative to the text's directory */
  readonly path: string
  /** how the region's first line begins, without its indentation; undefined: the whole file */
  readonly from: string | undefined
  /** how its last line begins; undefined: the region is one line */
  readonly to: string | undefined
}

/** Ctrl-C, Ctrl-D or Ctrl-Z. */
export type Key = 'C' | 'D' | 'Z'

/** Something typed, and what comes of it. */
export type Step = Span & {
  /** `$ ` on the host, `/ # ` in a container whose shell is in /; '' for a key that is pressed while a command runs */
  readonly prompt: string
  readonly where: 'host' | 'container'
  /** what is typed; lines after the first are typed at the prompt `> ` */
  readonly command: string
  /** set where no command is typed but a key is pressed: `$ ^C`, or `^C` */
  readonly key: Key | undefined
  /** the lines that a reader sees: a sample */
  readonly output: readonly string[]
  /** the lines that are expected, as many: with wildcards where what is shown varies */
  readonly expected: readonly string[]
  /** the line of the text where the output begins, or would */
  readonly outputLine: number
}

/**
 * `<!-- varies: … -->` right above a transcript. Each of its lines stands for the next line of output that it matches, so
 * that a reader sees a sample and the checker knows what may be different elsewhere.
 */
export type Varies = Span & { readonly lines: readonly string[] }

/** A fence of commands and their output: ```console root ip terminal=two timeout=60. */
export type Transcript = Span & {
  readonly kind: 'transcript'
  readonly info: string
  readonly text: string
  /** what a machine must have for it */
  readonly needs: readonly string[]
  /** the window it is typed into; 'one' unless said */
  readonly terminal: string
  /** seconds that a command may take; undefined: the usual time */
  readonly timeout: number | undefined
  /** the comment above it that says what varies */
  readonly varies: Varies | undefined
  readonly steps: readonly Step[]
}

export type Block =
  | Heading
  | Paragraph
  | List
  | Quote
  | Table
  | Details
  | Picture
  | Notes
  | Html
  | Rule
  | Code
  | Excerpt
  | Transcript

/** A heading of level 1 or 2, and all up to the next one. */
export type Section = Span & { readonly heading: Heading | undefined; readonly blocks: readonly Block[] }

/** A link in running text. */
export type Link = { readonly line: number; readonly href: string }

/** A mistake in the form of a text, such as an info string that nobody understands. */
export type Flaw = {
  readonly line: number
  readonly message: string
  /** set where `check --update` mends it */
  readonly fixable?: boolean
}

export type Lesson = {
  readonly language: Language
  /** absolute path of the text */
  readonly file: string
  readonly source: string
  /** of the first heading: '01 · shell: clone, exec, wait' */
  readonly title: string
  readonly blocks: readonly Block[]
  readonly sections: readonly Section[]
  readonly links: readonly Link[]
  /** what a `#` can lead to: the headings' anchors, and ids and names in HTML */
  readonly anchors: ReadonlySet<string>
  readonly flaws: readonly Flaw[]
  /** what the names of its wildcards stand for in its samples */
  readonly samples: Names
}

/** All blocks in the order of the text, also those in lists, quotes and hidden answers. */
export function* flat(blocks: readonly Block[]): Generator<Block> {
  for (const block of blocks) {
    yield block
    if (block.kind === 'list') for (const item of block.items) yield* flat(item)
    if (block.kind === 'quote' || block.kind === 'details') yield* flat(block.blocks)
  }
}

/** The blocks of one kind, in the order of the text. */
export const ofKind = <Kind extends Block['kind']>(
  blocks: readonly Block[],
  kind: Kind,
): Extract<Block, { kind: Kind }>[] =>
  [...flat(blocks)].filter((block): block is Extract<Block, { kind: Kind }> => block.kind === kind)
