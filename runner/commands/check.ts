/** `check`: are the texts still true? */

import type { Command } from 'commander'
import { checkText, type Report } from '../check/check.ts'
import { tellCounts, tellReasons, tellText } from '../check/report.ts'
import { findText, findTexts, projectRoot, type Text } from '../lesson/chapters.ts'
import { type Language, languages } from '../lesson/lesson.ts'

type Options = { readonly update?: boolean; readonly lang?: string }

const choose = (words: readonly string[], texts: readonly Text[], command: Command): Text[] => {
  if (words.length === 0) return [...texts]
  return words.map(word => {
    const text = findText(texts, word)
    return (
      text ??
      command.error(`skdocker: no text is called ${word}: there are ${texts.map(({ name }) => name).join(', ')}`)
    )
  })
}

const chosenLanguages = (lang: string | undefined, command: Command): readonly Language[] => {
  if (lang === undefined) return languages
  const language = languages.find(name => name === lang)
  return [
    language ?? command.error(`skdocker: no text is in the language ${lang}: there are ${languages.join(', ')}`),
  ]
}

/** Whether all is well: nothing differs and, with SKDOCKER_NO_SKIP=1, nothing was skipped. */
export const isClean = (reports: readonly Report[]): boolean =>
  reports.every(({ problems, skips }) => {
    const skipped = skips.some(({ alternative }) => !alternative)
    return problems.length === 0 && !(skipped && process.env.SKDOCKER_NO_SKIP === '1')
  })

/** Adds `check` to the program. */
export const addCheck = (program: Command): void => {
  program
    .command('check')
    .description('run every transcript and compare: output, excerpts, links, pictures, both languages')
    .argument('[chapter...]', 'chapters or other texts; all unless told')
    .option('-u, --update', 'rewrite what differs in the texts, keeping wildcards')
    .option('-l, --lang <language>', 'check one language only: en or zh')
    .action(async (words: string[], { update, lang }: Options, command: Command) => {
      const texts = choose(words, findTexts(), command)
      const wanted = chosenLanguages(lang, command)
      const reports: Report[] = []
      for (const text of texts) {
        const report = await checkText(text, { root: projectRoot, languages: wanted, update: update ?? false })
        console.log(tellText(report, projectRoot))
        reports.push(report)
      }
      console.log(`\n${tellCounts(reports)}`)
      for (const line of tellReasons(reports)) console.log(line)
      if (!isClean(reports)) process.exitCode = 1
    })
}
