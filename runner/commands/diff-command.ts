import type { Command } from 'commander'

const EXAMPLES = `
Examples:
  npx tsx runner.ts diff 3 4
  npx tsx runner.ts diff 4                     what 04 adds to 03
  npx tsx runner.ts diff 03/main.ts 03/mount-flags.ts`

const diff = async (given: string, other: string | undefined): Promise<void> => {
  const { programBefore, programNamed } = await import('../diff/program-named.ts')
  const first = programNamed(given)
  const [before, after] = other === undefined ? [programBefore(first), first] : [first, programNamed(other)]
  const { colours, wantsColours } = await import('../colours.ts')
  const { showDiff } = await import('../diff/show-diff.ts')
  const { show } = await import('../pager.ts')
  const text = showDiff(before, after, colours(wantsColours(process.stdout)))
  await show(text || 'They are the same.\n')
}

/** diff A B: what a chapter's program adds to the last one's. */
export const addDiff = (program: Command): void =>
  void program
    .command('diff')
    .description("what a chapter's program adds to another's")
    .argument('<a>', 'a chapter, for its main.ts, or one of its programs: 3, 03-mount/mount-flags.ts')
    .argument('[b]', 'what it is compared with; without it, a is compared with the chapter before')
    .addHelpText('after', EXAMPLES)
    .action(diff)
