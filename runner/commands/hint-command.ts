import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const hint = async (given: string, name: string | undefined, { lang }: { lang: Language }): Promise<void> => {
  const { exerciseNamed } = await import('../exercises/find-exercises.ts')
  const { nextHint } = await import('../exercises/hints.ts')
  const { textWidth } = await import('../pager.ts')
  const { wrapText } = await import('../read/wrap-pieces.ts')
  for (const line of nextHint(await exerciseNamed(given, name), lang))
    console.log(wrapText(line, textWidth()).join('\n'))
}

const EXAMPLES = `
Example:
  npx tsx runner.ts hint 4

It is about the first thing that your last "try" found missing. Each time it says more; the third is nearly the line.`

/** hint CHAPTER [NAME]: the next hint. */
export const addHint = (program: Command): void =>
  void program
    .command('hint')
    .description('the next hint for an exercise')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .argument('[exercise]', 'one of the chapter; by default its first')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(hint)
