import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  npx tsx runner.ts list --lang zh
  npx tsx runner.ts list 4

SOLVED counts a chapter's exercises: "start" begins the first, "start 4 NAME" another.
What of a machine is in a chapter's way is told in full by "doctor".`

const listAll = async (lang: Language): Promise<void> => {
  const { colours, wantsColours } = await import('../colours.ts')
  const { examine } = await import('../doctor/examine-machine.ts')
  const { countSolved } = await import('../exercises/count-solved.ts')
  const { findChapters, projectRoot } = await import('../lesson/chapters.ts')
  const { listChapters } = await import('../list-chapters.ts')
  const { textWidth } = await import('../pager.ts')
  const chapters = findChapters()
  const report = await examine(projectRoot, chapters)
  const solved = await countSolved(chapters)
  const paint = colours(wantsColours(process.stdout))
  console.log(listChapters(chapters, report, solved, lang, paint, textWidth()))
}

const listOne = async (given: string, lang: Language): Promise<void> => {
  const { colours, wantsColours } = await import('../colours.ts')
  const { listExercises } = await import('../exercises/list-exercises.ts')
  const { chapterNamed } = await import('../lesson/text-named.ts')
  const { textWidth } = await import('../pager.ts')
  console.log(await listExercises(chapterNamed(given), lang, colours(wantsColours(process.stdout)), textWidth()))
}

const list = (given: string | undefined, { lang }: { readonly lang: Language }): Promise<void> =>
  given === undefined ? listAll(lang) : listOne(given, lang)

/** list: the chapters, what is in them, and which can run here. */
export const addList = (program: Command): void =>
  void program
    .command('list')
    .description('the chapters, what is in them, and which can run here')
    .argument('[chapter]', 'its exercises: 4, 04, allns')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(list)
