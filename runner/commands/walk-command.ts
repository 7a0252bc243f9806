import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts walk 4
  sudo npx tsx runner.ts walk allns --lang zh --from TypeScript
  sudo npx tsx runner.ts walk 4 --from start

Enter types the command that stands ready, t takes the shell over, Ctrl-] gives it back, ? shows all keys.
The shells are in a lab: namespaces of their own, with copies of what the chapters write to. With --here they are not,
and what is done there is done to this machine.
A lesson that begins in its middle first types the commands before that place into its shells; s begins without the
rest of them. With --here it types none, and says what is missing.`

type Options = { readonly lang: Language; readonly from?: string; readonly here?: boolean }

const walk = async (given: string, { lang, from, here = false }: Options): Promise<void> => {
  const { chapterNamed } = await import('../lesson/text-named.ts')
  const chapter = chapterNamed(given)
  const { walk: give } = await import('../walk/give-lesson.ts')
  await give(chapter, { language: lang, from, isHere: here })
  process.exit()
}

/** walk CHAPTER: a lesson in the terminal, with a live shell. */
export const addWalk = (program: Command): void =>
  void program
    .command('walk')
    .description('give a chapter as a lesson, section by section, with a live shell')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .addOption(languageOption())
    .option('--from <section>', 'its number, a piece of its heading, or start; by default where you left')
    .option('--here', 'in shells of this machine itself, not in a lab')
    .addHelpText('after', EXAMPLES)
    .action(walk)
