/** The chapters, a line each. */

import { alignColumns } from './align-columns.ts'
import type { Colours } from './colours.ts'
import type { Report } from './doctor/examine-machine.ts'
import type { Solved } from './exercises/count-solved.ts'
import { type Chapter, lessonOf } from './lesson/chapters.ts'
import { type Language, ofKind } from './lesson/lesson.ts'

const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ['CHAPTER', 'SOLVED', 'TRANSCRIPTS', 'PICTURES', 'RUNS HERE'],
  zh: ['章节', '已解', '实录', '图', '能否在此运行'],
}
const YES: Readonly<Record<Language, string>> = { en: 'yes', zh: '能' }
const NO: Readonly<Record<Language, string>> = { en: 'no', zh: '不能' }

const FEW = 3

/** A title that is broken goes on below its words, not below its number. */
const INDENT = '00 · '.length

/** Says in a few words why a chapter cannot run here. */
const obstacles = (lacks: readonly string[], language: Language): string => {
  // Without root everything else is missing too, for that reason alone.
  const few = lacks.includes('root') ? ['root'] : lacks.slice(0, FEW)
  const more = few.length < lacks.length && !lacks.includes('root') ? ', …' : ''
  return `${NO[language]}: ${few.join(', ')}${more}`
}

/** `1/5`; nothing for a chapter without exercises. */
const solvedOf = ({ solved, all }: Solved = { solved: 0, all: 0 }): string => (all === 0 ? '' : `${solved}/${all}`)

const row = (chapter: Chapter, report: Report, solved: Solved | undefined, language: Language): string[] => {
  const { title, blocks } = lessonOf(chapter, language)
  const { lacks = [] } = report.chapters.find(({ name }) => name === chapter.name) ?? {}
  const counts = (['transcript', 'picture'] as const).map(kind => String(ofKind(blocks, kind).length))
  return [title, solvedOf(solved), ...counts, lacks.length === 0 ? YES[language] : obstacles(lacks, language)]
}

/**
 * A table of the chapters.
 * @param solved of their exercises, by the chapter's name
 * @param columns how wide a line may be
 */
export const listChapters = (
  chapters: readonly Chapter[],
  report: Report,
  solved: ReadonlyMap<string, Solved>,
  language: Language,
  paint: Colours,
  columns: number,
): string => {
  const rows = chapters.map(chapter => row(chapter, report, solved.get(chapter.name), language))
  const [head = '', ...lines] = alignColumns([HEADS[language], ...rows], columns, INDENT)
  return [paint.bold(head), ...lines].join('\n')
}
