import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Example:
  npx tsx runner.ts list --lang zh

What of a machine is in a chapter's way is told in full by "doctor".`

const list = async ({ lang }: { readonly lang: Language }): Promise<void> => {
  const { colours, wantsColours } = await import('../colours.ts')
  const { examine } = await import('../doctor/examine-machine.ts')
  const { findChapters, projectRoot } = await import('../lesson/chapters.ts')
  const { listChapters } = await import('../list-chapters.ts')
  const { textWidth } = await import('../pager.ts')
  const chapters = findChapters()
  const report = await examine(projectRoot, chapters)
  console.log(listChapters(chapters, report, lang, colours(wantsColours(process.stdout)), textWidth()))
}

/** list: the chapters, what is in them, and which can run here. */
export const addList = (program: Command): void =>
  void program
    .command('list')
    .description('the chapters, what is in them, and which can run here')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(list)
