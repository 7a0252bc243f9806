import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  npx tsx runner.ts start 4
  npx tsx runner.ts start 4 shared-root

The files are yours: nothing here overwrites them. "list" shows which exercises there are.`

const start = async (given: string, name: string | undefined, { lang }: { lang: Language }): Promise<void> => {
  const { programPlace } = await import('../exercises/program-place.ts')
  const { called } = await import('../exercises/find-exercises.ts')
  const { shownPath, startExercise } = await import('../exercises/give-exercise.ts')
  const { skeletonFiles } = await import('../exercises/skeleton.ts')
  const { exerciseWords } = await import('../exercises/words.ts')
  const place = await programPlace(given, name)
  const words = exerciseWords(lang)
  const made = startExercise(place, skeletonFiles(place, lang)).map(shownPath)
  for (const path of made) console.log(words.made(path))
  console.log(words.begin(made[0]!, called(place), place.exercise.needsRoot ?? true))
}

/** start CHAPTER [NAME]: the file of an exercise. */
export const addStart = (program: Command): void =>
  void program
    .command('start')
    .description('begin an exercise: makes a file of your own in work/, with gaps to fill')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .argument('[exercise]', 'one of the chapter; by default its first: the chapter’s own program')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(start)
