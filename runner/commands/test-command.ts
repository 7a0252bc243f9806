import type { Command } from 'commander'

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts test 4
  sudo npx tsx runner.ts test allns -- --bail 1
  sudo SKDOCKER_PROGRAM=/path/to/yours npx tsx runner.ts test 4

First the chapter's own tests, then those that hold for several chapters, as far as they name a program of this one.
Exit codes: 0 all pass, 1 one failed.`

const test = async (given: string, args: readonly string[]): Promise<void> => {
  const { chapterNamed } = await import('../lesson/text-named.ts')
  const { ROOMS, testChapter, testRoom } = await import('../test/test-chapter.ts')
  process.exitCode = await (ROOMS.includes(given)
    ? testRoom(given, args)
    : testChapter(chapterNamed(given).name, args))
}

/** test CHAPTER: vitest for one chapter. */
export const addTest = (program: Command): void =>
  void program
    .command('test')
    .description('run the tests of a chapter; SKDOCKER_PROGRAM puts a program of yours in its place')
    .argument('<chapter>', 'its number or name: 4, 04, allns; or native, parts, skdocker, runner')
    .argument('[arguments...]', 'of vitest, after --')
    .addHelpText('after', EXAMPLES)
    .action(test)
