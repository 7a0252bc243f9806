/** `check`: are the texts still true? */

import type { Command } from 'commander'
import type { Report } from '../check/check-text.ts'
import type { Text } from '../lesson/chapters.ts'
import { type Language, languages } from '../lesson/lesson.ts'

type Options = { readonly update?: boolean; readonly lang?: string }

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts check
  sudo npx tsx runner.ts check 3 allns --lang zh
  sudo npx tsx runner.ts check 4 --update

Exit codes: 0 all is as the texts say, 1 something differs.`

/** @throws UsageError that names the nearest when there is none of that name */
const choose = async (words: readonly string[]): Promise<Text[]> => {
  const { textNamed } = await import('../lesson/text-named.ts')
  const { findTexts } = await import('../lesson/chapters.ts')
  return words.length === 0 ? findTexts() : words.map(textNamed)
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
    .argument('[chapter...]', 'chapters or other texts; all by default')
    .option('-u, --update', 'rewrite what differs in the texts, keeping wildcards')
    .option('-l, --lang <language>', 'check one language only: en or zh')
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], { update, lang }: Options, command: Command) => {
      // These modules are loaded here, so that the other commands need not wait for them.
      const { checkText } = await import('../check/check-text.ts')
      const { countsTable, skipReasons, textReport } = await import('../check/check-report.ts')
      const { withProgress } = await import('../check/show-progress.ts')
      const { projectRoot } = await import('../lesson/chapters.ts')
      const texts = await choose(words)
      const wanted = chosenLanguages(lang, command)
      const reports: Report[] = []
      for (const [index, text] of texts.entries()) {
        const report = await withProgress(`${text.name}: text ${index + 1} of ${texts.length}`, () =>
          checkText(text, { root: projectRoot, languages: wanted, update: update ?? false }),
        )
        console.log(textReport(report, projectRoot))
        reports.push(report)
      }
      console.log(`\n${countsTable(reports)}`)
      for (const line of skipReasons(reports)) console.log(line)
      if (!isClean(reports)) process.exitCode = 1
    })
}
