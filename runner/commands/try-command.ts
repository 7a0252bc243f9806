import type { Command } from 'commander'
import { languageOption } from '../language-option.ts'
import type { Language } from '../lesson/lesson.ts'

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts try 4
  sudo npx tsx runner.ts try 4 --watch           again whenever you save
  sudo npx tsx runner.ts try 4 shared-root       another exercise of the chapter
  sudo npx tsx runner.ts try 4 -- ./my-container a program of yours, in any language
  sudo npx tsx runner.ts try 4 --calls           your system calls beside the chapter's

What your program does it does in a lab: namespaces of its own, where the disk of this machine cannot be written to.
Exit codes: 0 all holds, 1 something does not.`

type Options = { readonly lang: Language; readonly watch?: boolean; readonly calls?: boolean }

const tryIt = async (chapter: string, rest: readonly string[], options: Options): Promise<void> => {
  const { tryExercise } = await import('../exercises/try-exercise.ts')
  // Commander does not tell what stood behind the dashes from what stood before them.
  const dashes = process.argv.indexOf('--')
  const words = dashes < 0 ? [] : process.argv.slice(dashes + 1)
  const [name] = rest.slice(0, rest.length - words.length)
  process.exitCode = await tryExercise(chapter, { name, words, ...options })
}

/** try CHAPTER [NAME] [-- COMMAND…]: what holds already, and the first thing that does not. */
export const addTry = (program: Command): void =>
  void program
    .command('try')
    .description('try your program: what works already, and the first thing that does not')
    .argument('<chapter>', 'its number or name: 4, 04, allns')
    .argument('[exercise...]', 'one of the chapter, by default its first; after -- the command line of any program')
    .option('--watch', 'try again whenever the file is saved')
    .option('--calls', 'show your system calls beside the chapter’s, and the first that differs')
    .addOption(languageOption())
    .addHelpText('after', EXAMPLES)
    .action(tryIt)
