import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Example:
  npx tsx runner.ts reset 4`

const reset = async (given: string, name: string | undefined, { lang }: { lang: Language }): Promise<void> => {
  const { programPlace } = await import('../exercises/program-place.ts')
  const { replaceFiles, shownPath } = await import('../exercises/give-exercise.ts')
  const { skeletonFiles } = await import('../exercises/skeleton.ts')
  const { saveProgress } = await import('../exercises/progress.ts')
  const { exerciseWords } = await import('../exercises/words.ts')
  const place = await programPlace(given, name)
  const words = exerciseWords(lang)
  saveProgress(place, { holding: 0, checks: 0, gap: undefined, hints: [] })
  for (const { path, copy } of replaceFiles(place, skeletonFiles(place, lang)))
    console.log(copy ? words.anew(shownPath(path), shownPath(copy)) : words.made(shownPath(path)))
}

/** reset CHAPTER [NAME]: an exercise from its beginning. */
export const addReset = (program: Command): void =>
  void program
    .command('reset')
    .description('begin an exercise anew; what you had is kept beside it')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .argument('[exercise]', 'one of the chapter; by default its first')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(reset)
