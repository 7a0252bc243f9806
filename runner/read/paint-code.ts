/** Code with colours: highlight.js marks it up as HTML, and that becomes escape sequences. */

import { decodeHTML } from 'entities'
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import typescript from 'highlight.js/lib/languages/typescript'
import yaml from 'highlight.js/lib/languages/yaml'
import type { Colour, Colours } from '../colours.ts'

const languages = { bash, c, javascript, json, typescript, yaml }
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language)

/** Which colour goes with which of highlight.js' scopes; the others have none. */
const SCOPES: Readonly<Record<string, Colour>> = {
  comment: 'dim',
  keyword: 'magenta',
  built_in: 'cyan',
  literal: 'cyan',
  number: 'yellow',
  string: 'green',
  regexp: 'green',
  'title.function': 'blue',
  'title.class': 'blue',
  title: 'blue',
  type: 'blue',
  meta: 'dim',
  attr: 'blue',
}

// `hljs-title function_` is the scope title.function.
const scopeOf = (classes: string): string =>
  classes
    .split(' ')
    .map(word => word.replace(/^hljs-|_$/g, ''))
    .join('.')

const colourOf = (scope: string): Colour | undefined => SCOPES[scope] ?? SCOPES[scope.split('.')[0]!]

const painted = (html: string, paint: Colours): string => {
  const stack: (Colour | undefined)[] = []
  let text = ''
  for (const [, classes, closing, plain] of html.matchAll(/<span class="([^"]*)">|(<\/span>)|([^<]+)/g)) {
    if (classes !== undefined) stack.push(colourOf(scopeOf(classes)))
    else if (closing) stack.pop()
    else
      text += paintLines(
        decodeHTML(plain!),
        stack.findLast(colour => colour !== undefined),
        paint,
      )
  }
  return text
}

// Each line by itself: a pager shows a part of the lines.
const paintLines = (text: string, colour: Colour | undefined, paint: Colours): string =>
  colour
    ? text
        .split('\n')
        .map(line => paint[colour](line))
        .join('\n')
    : text

/**
 * Code as HTML, with a `<span class="hljs-…">` for each scope, and nothing else that a browser would take for a tag.
 * @param language as a fence names it
 * @returns undefined for a language that is not known
 */
export const markUpCode = (code: string, language: string): string | undefined =>
  hljs.getLanguage(language) ? hljs.highlight(code, { language, ignoreIllegals: true }).value : undefined

/**
 * Code with colours.
 * @param language as a fence names it; of one that is not known the code stays as it is
 */
export const paintCode = (code: string, language: string, paint: Colours): string => {
  const html = markUpCode(code, language)
  return html === undefined ? code : painted(html, paint)
}
