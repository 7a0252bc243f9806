/** Links lead somewhere, and pictures are there. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Lesson, ofKind } from '../lesson/lesson.ts'
import { parseLesson } from '../lesson/parse-lesson.ts'
import type { Problem } from './problem.ts'
import { svgFault } from './svg-fault.ts'

const isElsewhere = (href: string): boolean => /^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(href)

const anchorsOf = (file: string): ReadonlySet<string> =>
  parseLesson(readFileSync(file, 'utf8'), { file, language: 'en' }).anchors

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Why a link leads nowhere; undefined when it does lead somewhere, or out of the project. */
const faultOf = (lesson: Lesson, href: string, root: string): string | undefined => {
  if (isElsewhere(href)) return undefined
  const [path = '', anchor] = href.split('#')
  const base = path.startsWith('/') ? root : dirname(lesson.file)
  const file = path === '' ? lesson.file : join(base, decoded(path.replace(/\?.*$/, '')))
  if (relative(root, file).startsWith('..')) return `the link ${href} leads out of the project`
  if (!existsSync(file)) return `the link ${href} leads to no file`
  if (!anchor || !file.endsWith('.md')) return undefined
  const anchors = file === lesson.file ? lesson.anchors : anchorsOf(file)
  return anchors.has(decoded(anchor)) ? undefined : `the link ${href} leads to no heading`
}

/** Follows the links of a text. */
export const checkLinks = (lesson: Lesson, root: string): { count: number; problems: Problem[] } => {
  const inside = lesson.links.filter(({ href }) => !isElsewhere(href))
  const problems = inside.flatMap(({ line, href }) => {
    const message = faultOf(lesson, href, root)
    return message ? [{ file: lesson.file, line, message }] : []
  })
  return { count: inside.length, problems }
}

/** Looks at the pictures of a text. */
export const checkPictures = (lesson: Lesson): { count: number; problems: Problem[] } => {
  const pictures = ofKind(lesson.blocks, 'picture')
  const problems = pictures.flatMap(({ line, src, alt }) => {
    const file = join(dirname(lesson.file), decoded(src))
    const report = (message: string): Problem => ({ file: lesson.file, line, message })
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return [report(`there is no picture ${src}`)]
    const fault = file.endsWith('.svg') ? svgFault(readFileSync(file, 'utf8')) : undefined
    return [
      ...(fault ? [report(`the picture ${src} is no SVG: ${fault}`)] : []),
      ...(alt.trim() === '' ? [report(`the picture ${src} has no alt= that says what is seen`)] : []),
    ]
  })
  return { count: pictures.length, problems }
}
