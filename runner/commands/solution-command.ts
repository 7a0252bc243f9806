import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  npx tsx runner.ts solution 4            shows what the chapter's file has that yours has not
  npx tsx runner.ts solution 4 --apply    puts it in the place of yours, and keeps a copy

It asks first when the exercise is not solved yet; --yes answers that.`

type Options = { readonly lang: Language; readonly apply?: boolean; readonly yes?: boolean }

const solution = async (given: string, name: string | undefined, options: Options): Promise<void> => {
  const { lang, apply = false, yes = false } = options
  const { colours, wantsColours } = await import('../colours.ts')
  const { paintPatch } = await import('../diff/show-diff.ts')
  const { askYes } = await import('../ask.ts')
  const { differences, replaceFiles, shownPath } = await import('../exercises/give-exercise.ts')
  const { programPlace } = await import('../exercises/program-place.ts')
  const { progressOf } = await import('../exercises/progress.ts')
  const { solutionFiles } = await import('../exercises/skeleton.ts')
  const { exerciseWords } = await import('../exercises/words.ts')
  const { UsageError } = await import('../usage-error.ts')
  const place = await programPlace(given, name)
  const words = exerciseWords(lang)
  if (!yes && !progressOf(place).solved && !(await askYes(words.askSolution)))
    throw new UsageError('it is not solved yet, and nobody said yes: "hint" helps, and --yes shows it all the same')
  const files = solutionFiles(place)
  if (!apply) {
    const patch = differences(place, files)
    console.log(patch === '' ? words.same : paintPatch(patch, colours(wantsColours(process.stdout))))
    return
  }
  for (const { path, copy } of replaceFiles(place, files))
    console.log(copy ? words.kept(shownPath(path), shownPath(copy)) : words.made(shownPath(path)))
}

/** solution CHAPTER [NAME]: what the chapter does. */
export const addSolution = (program: Command): void =>
  void program
    .command('solution')
    .description('how the chapter’s own program differs from yours')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .argument('[exercise]', 'one of the chapter; by default its first')
    .option('--apply', 'put it in the place of yours, and keep a copy')
    .option('--yes', 'also when it is not solved yet')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(solution)
