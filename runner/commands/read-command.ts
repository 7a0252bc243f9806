import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  npx tsx runner.ts read 4
  npx tsx runner.ts read allns --lang zh --answers
  npx tsx runner.ts read native | grep caretaker

On a terminal it is shown in $PAGER, or in less. NO_COLOR=1 takes the colours away.`

type Options = { readonly lang: Language; readonly answers?: boolean }

const read = async (given: string, { lang, answers = false }: Options): Promise<void> => {
  const { textNamed } = await import('../lesson/text-named.ts')
  const text = textNamed(given)
  const { colours, wantsColours } = await import('../colours.ts')
  const { lessonOf } = await import('../lesson/chapters.ts')
  const { show, textWidth } = await import('../pager.ts')
  const { renderLesson } = await import('../read/render-lesson.ts')
  const paint = colours(wantsColours(process.stdout))
  await show(renderLesson(lessonOf(text, lang), { columns: textWidth(), paint, answers }))
}

/** read CHAPTER: a text in the terminal. */
export const addRead = (program: Command): void =>
  void program
    .command('read')
    .description('read a chapter in the terminal')
    .argument('<chapter>', 'its number or name: 4, 04, allns; or README, reference, machines, native, test')
    .addOption(languageOption())
    .option('--answers', 'show the answers to the questions, too')
    .addHelpText('after', EXAMPLES)
    .action(read)
