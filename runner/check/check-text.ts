/** Checks the texts of the course: what they show against the programs, and what they say in one language against the other. */

import { existsSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { lessonOf, type Text } from '../lesson/chapters.ts'
import { type Language, type Lesson, languages } from '../lesson/lesson.ts'
import { checkExcerpts } from './check-excerpts.ts'
import { checkFiles } from './check-files.ts'
import { checkLinks, checkPictures } from './check-links.ts'
import { compareTwins, followTwin } from './compare-twins.ts'
import { applyEdits, type Edit } from './edits.ts'
import type { Problem, Skip } from './problem.ts'
import { runTranscripts } from './run-transcripts.ts'

/** What was found of a text. */
export type Report = {
  readonly name: string
  readonly problems: readonly Problem[]
  readonly skips: readonly Skip[]
  readonly counts: {
    readonly transcripts: number
    readonly commands: number
    /** of all languages */
    readonly excerpts: number
    readonly links: number
    readonly pictures: number
  }
  /** files that were rewritten */
  readonly updated: readonly string[]
  readonly seconds: number
}

type CheckOptions = {
  /** the project's directory */
  readonly root: string
  /** the languages to look at; both by default */
  readonly languages?: readonly Language[]
  /** rewrites what differs, instead of reporting it */
  readonly update?: boolean
}

const sumOfCounts = (checks: readonly { readonly count: number }[]): number =>
  checks.reduce((sum, { count }) => sum + count, 0)

const missingTexts = (text: Text, wanted: readonly Language[]): Problem[] =>
  wanted
    .filter(language => !existsSync(text.files[language]))
    .map(language => ({ file: text.files[language], line: 1, message: 'there is no such text' }))

const rewrite = ({ file, source }: Lesson, edits: readonly Edit[]): string[] => {
  if (edits.length === 0) return []
  writeFileSync(file, applyEdits(source, edits))
  return [file]
}

/** Makes the first language say what was shown, and the others what the first says now. Returns the files rewritten. */
const rewriteAll = (text: Text, [first, ...others]: readonly Lesson[], shown: readonly Edit[]): string[] => {
  if (!first) return []
  const updated = rewrite(first, [...shown, ...checkExcerpts(first).edits])
  const now = lessonOf(text, first.language)
  for (const other of others) {
    const twin = followTwin(now, other)
    // Blocks that differ in kind cannot be copied; then only the excerpts are made right.
    updated.push(...rewrite(other, twin ?? checkExcerpts(other).edits))
  }
  return updated
}

const byFileAndLine = (a: Problem, b: Problem): number => a.file.localeCompare(b.file, 'en') || a.line - b.line

/** What was found without running anything. */
type Reading = {
  readonly problems: readonly Problem[]
  readonly counts: Omit<Report['counts'], 'transcripts' | 'commands'>
}

/** Compares the languages of a text with each other, and what they quote and link to with the files. */
const checkWithoutRunning = ([first, ...others]: readonly [Lesson, ...Lesson[]], root: string): Reading => {
  const lessons = [first, ...others]
  const excerpts = lessons.map(checkExcerpts)
  const links = lessons.map(lesson => checkLinks(lesson, root))
  const pictures = lessons.map(checkPictures)
  return {
    problems: [
      ...lessons.flatMap(({ file, flaws }) => flaws.map(flaw => ({ file, ...flaw }))),
      ...others.flatMap(other => compareTwins(first, other)),
      ...lessons.flatMap(checkFiles),
      ...[...excerpts, ...links, ...pictures].flatMap(({ problems }) => problems),
    ],
    counts: { excerpts: sumOfCounts(excerpts), links: sumOfCounts(links), pictures: sumOfCounts(pictures) },
  }
}

const NO_COUNTS: Report['counts'] = { transcripts: 0, commands: 0, excerpts: 0, links: 0, pictures: 0 }

/**
 * Checks a text in its languages. The transcripts are run once, those of the first language; the others have the same.
 * @throws NodeJS.ErrnoException
 */
export const checkText = async (text: Text, options: CheckOptions): Promise<Report> => {
  const began = performance.now()
  const { root, update = false } = options
  const wanted = options.languages ?? languages
  const lessons = wanted
    .filter(language => existsSync(text.files[language]))
    .map(language => lessonOf(text, language))
  const [first, ...others] = lessons
  const missing = missingTexts(text, wanted)
  if (!first) return { name: text.name, problems: missing, skips: [], counts: NO_COUNTS, updated: [], seconds: 0 }

  const run = await runTranscripts(first, root)
  const reading = checkWithoutRunning([first, ...others], root)
  const updated = update ? rewriteAll(text, lessons, run.edits) : []
  const problems = [...missing, ...reading.problems, ...run.problems]
  return {
    name: text.name,
    problems: problems.filter(({ fixable }) => !(update && fixable)).sort(byFileAndLine),
    skips: run.skips,
    counts: { transcripts: run.transcripts, commands: run.commands, ...reading.counts },
    updated: updated.map(file => relative(root, file)),
    seconds: (performance.now() - began) / 1000,
  }
}
