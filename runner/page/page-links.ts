/** Where a link of a text leads to on the page. */

import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { projectRoot, type Text } from '../lesson/chapters.ts'
import { type Language, type Lesson, languages } from '../lesson/lesson.ts'

type Target =
  | { readonly kind: 'outside' | 'page'; readonly href: string }
  /** a file of the project; its path is relative to the project's directory */
  | { readonly kind: 'file'; readonly path: string }

/** The address of a text on the page. */
export const addressOf = ({ name }: Pick<Text, 'name'>, language: Language): string => `/${name}/${language}`

const decoded = (href: string): string => {
  try {
    return decodeURI(href)
  } catch {
    return href
  }
}

/**
 * Finds where the links of a text lead to: undefined is what the page does not show, such as a directory, a file outside
 * the project, or `javascript:`.
 * @param texts those that the page has
 */
export const linksOf = ({ file, language }: Pick<Lesson, 'file' | 'language'>, texts: readonly Text[]) => {
  const addresses = new Map(
    texts.flatMap(text => languages.map(language => [text.files[language], addressOf(text, language)] as const)),
  )
  const readme = language === 'zh' ? 'README.zh-CN.md' : 'README.md'
  return (href: string): Target | undefined => {
    if (/^https?:\/\//i.test(href)) return { kind: 'outside', href }
    if (href.startsWith('#')) return { kind: 'page', href }
    if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith('/')) return undefined
    const [path = '', anchor] = decoded(href).split('#')
    const there = resolve(dirname(file), path)
    const text = addresses.get(there) ?? addresses.get(join(there, readme))
    if (text) return { kind: 'page', href: anchor === undefined ? text : `${text}#${anchor}` }
    const isFile = statSync(there, { throwIfNoEntry: false })?.isFile() === true
    return isFile ? shownFile(relative(projectRoot, there)) : undefined
  }
}

// The server may be root's: it shows what belongs to the texts, and no file that a container or a reader has put there.
const SHOWN =
  /^(?:(?:assets|bench|chapters|docs|native|parts|runner|skdocker|test|web|busybox\/etc)\/.+|[^/.][^/]*)$/

const shownFile = (path: string): Target | undefined => (SHOWN.test(path) ? { kind: 'file', path } : undefined)

/**
 * What is in a file that a text may lead to.
 * @param path relative to the project's directory
 * @returns undefined where there is none, or it is not one of the project's own
 */
export const readShownFile = (path: string): Buffer | undefined => {
  const whole = resolve(projectRoot, path)
  if (relative(projectRoot, whole) !== path || !SHOWN.test(path)) return undefined
  if (!statSync(whole, { throwIfNoEntry: false })?.isFile()) return undefined
  return realpathSync(whole) === join(realpathSync(projectRoot), path) ? readFileSync(whole) : undefined
}
