/** What the page's server answers: the page itself to any browser here, and all else to who has the token. */

import { readFileSync } from 'node:fs'
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { secureHeaders } from 'hono/secure-headers'
import { lessonOf, type Text } from '../lesson/chapters.ts'
import { type Language, languages } from '../lesson/lesson.ts'
import type { Bundle } from './bundle.ts'
import type { Guard } from './guard.ts'
import { addressOf, readShownFile } from './page-links.ts'
import { pageWords } from './page-words.ts'
import { type PageFile, type PageText, TOKEN_HEADER } from './protocol.ts'
import { scriptOf, windowsOf } from './script.ts'
import { codeHtml, textHtml } from './text-html.ts'

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>skdocker</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/main.js"></script>
</head>
<body></body>
</html>
`

// xterm sets styles from its script, and pictures come as blobs because an <img> cannot show the token.
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'blob:', 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
})

const MOST_SHOWN = 256 * 1024 // bytes of a file

type Options = { readonly guard: Guard; readonly bundle: Bundle; readonly texts: readonly Text[] }

const isLanguage = (word: string): word is Language => languages.includes(word as Language)

// To parse all chapters for their titles would take longer than the text that is asked for.
const titleOf = ({ name, files }: Text, language: Language): string =>
  /^# (.*)$/m.exec(readFileSync(files[language], 'utf8'))?.[1] ?? name

const linkTo = (text: Text | undefined, language: Language) =>
  text && { href: addressOf(text, language), title: titleOf(text, language) }

/** A text with what stands around it. */
const pageText = (text: Text, language: Language, texts: readonly Text[]): PageText => {
  const lesson = lessonOf(text, language)
  const chapters = texts.filter(({ name }) => /^\d/.test(name))
  const place = chapters.indexOf(text)
  const other = language === 'en' ? 'zh' : 'en'
  return {
    title: lesson.title,
    html: textHtml(lesson, texts),
    terminals: windowsOf(scriptOf(lesson)),
    chapters: chapters.map(chapter => linkTo(chapter, language)!),
    previous: linkTo(chapters[place - 1], language),
    next: place < 0 ? undefined : linkTo(chapters[place + 1], language),
    twin: { href: addressOf(text, other), title: other === 'zh' ? '简体中文' : 'English' },
    words: pageWords(language),
  }
}

const pageFile = (path: string, content: Buffer): PageFile => {
  const language = /\.([a-z]+)$/.exec(path)?.[1] ?? ''
  const isCut = content.length > MOST_SHOWN
  const html = codeHtml(content.toString('utf8', 0, MOST_SHOWN), language)
  return { path, html: isCut ? `${html}<p>…</p>` : html }
}

const guarded =
  (guard: Guard): MiddlewareHandler =>
  async (context, next) => {
    const refusal = guard.refusalOf({ host: context.req.header('host'), origin: context.req.header('origin') })
    if (refusal) return context.text(`${refusal}\n`, 403)
    context.header('Cache-Control', 'no-store')
    return next()
  }

const withToken =
  (guard: Guard): MiddlewareHandler =>
  async (context, next) =>
    guard.knows(context.req.header(TOKEN_HEADER)) ? next() : context.text('the token is missing\n', 401)

/** The answers to all but the WebSocket. */
export const pageApp = ({ guard, bundle, texts }: Options): Hono => {
  const app = new Hono()
  app.use(headers, guarded(guard), compress())
  app.use('/api/*', withToken(guard))
  app.get('/main.js', context => context.body(bundle.script, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/style.css', context => context.body(bundle.style, 200, { 'Content-Type': 'text/css' }))
  app.get('/api/text/:name/:language', context => {
    const { name, language } = context.req.param()
    const text = texts.find(text => text.name === name)
    if (!text || !isLanguage(language)) return context.notFound()
    return context.json(pageText(text, language, texts))
  })
  app.get('/api/file', context => {
    const path = context.req.query('path') ?? ''
    const content = readShownFile(path)
    return content ? context.json(pageFile(path, content)) : context.notFound()
  })
  app.get('/api/picture', context => {
    const path = context.req.query('path') ?? ''
    const content = path.endsWith('.svg') ? readShownFile(path) : undefined
    if (!content) return context.notFound()
    return context.body(new Uint8Array(content), 200, { 'Content-Type': 'image/svg+xml' })
  })
  app.get('/:name/:language', context => context.html(DOCUMENT))
  return app
}
