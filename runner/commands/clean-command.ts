import type { Command } from 'commander'
import { SOMETHING_FOUND } from '../usage-error.ts'
import { visible } from '../visible.ts'

const EXAMPLES = `
Examples:
  sudo npx tsx runner.ts clean            shows what is left, and asks
  sudo npx tsx runner.ts clean --yes
  sudo npx tsx runner.ts clean --all --force --yes

It takes away only what bears the marks of the chapters' programs. Who is root sees and removes more.
Exit codes: 0 nothing is left, 1 something is.`

type Options = { readonly yes?: boolean; readonly force?: boolean; readonly all?: boolean }

const NOTHING = 'Nothing of skdocker is left on this machine.'
const NOTHING_SEEN =
  'Nothing of skdocker was found where this user may look. Root sees more: run it again with sudo.'

const ask = async (question: string): Promise<boolean> => {
  const { askLine } = await import('../ask.ts')
  return /^y(es)?$/i.test((await askLine(question))?.trim() ?? '')
}

const mayRemove = async ({ yes = false }: Options): Promise<boolean> => {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.log('\nNothing was removed: --yes does it.')
    return false
  }
  return ask('\nRemove all this? [y/N] ')
}

// A container may have given its directories any name.
const say = (line: string): void => console.log(visible(line))
const complain = (line: string): void => console.error(visible(line))

const clean = async (options: Options): Promise<void> => {
  const { finders } = await import('../clean/finders.ts')
  const { removeShownLeftovers } = await import('../clean/remove-leftovers.ts')
  const { mergeSearches } = await import('../clean/leftover.ts')
  const all = finders(options.all ?? false)
  const found = []
  for (const find of all) found.push(await find())
  const { leftovers, unseen } = mergeSearches(found)
  for (const line of unseen) complain(`not looked at: ${line}`)
  if (leftovers.length === 0) return say(unseen.length === 0 ? NOTHING : NOTHING_SEEN)
  for (const { what, usedBy } of leftovers) say(`${what}${usedBy ? `: in use by ${usedBy}` : ''}`)
  process.exitCode = SOMETHING_FOUND
  if (!(await mayRemove(options))) return
  const removal = { isForced: options.force ?? false, say, complain }
  let areGone = true
  for (const [index, find] of all.entries())
    areGone = (await removeShownLeftovers(find, found[index]!, removal)) && areGone
  if (areGone) process.exitCode = 0
}

/** clean: what is left of us on this machine. */
export const addClean = (program: Command): void =>
  void program
    .command('clean')
    .description('show what the programs have left on this machine, and remove it')
    .option('-y, --yes', 'remove it without asking')
    .option('-f, --force', 'kill running containers, too')
    .option('--all', 'also what setup makes again: images/, and in busybox/ all but its hand-made files')
    .addHelpText('after', EXAMPLES)
    .action(clean)
