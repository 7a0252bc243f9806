import type { Command } from 'commander'
import { usualLanguage } from '../language-option.ts'
import { UsageError } from '../usage-error.ts'

const refuse = async (given: string, program: Command): Promise<never> => {
  const { distance } = await import('fastest-levenshtein')
  const names = program.commands.map(command => command.name())
  const [near = ''] = [...names].sort((one, other) => distance(one, given) - distance(other, given))
  const cure = distance(near, given) <= 2 ? `did you mean ${near}?` : `there are ${names.join(', ')}`
  throw new UsageError(`there is no command ${JSON.stringify(given)}: ${cure}`)
}

const welcomeReader = async (program: Command): Promise<void> => {
  const [given] = program.args
  if (given !== undefined) await refuse(given, program)
  const { colours, wantsColours } = await import('../colours.ts')
  const { examine } = await import('../doctor/examine-machine.ts')
  const { countSolved } = await import('../exercises/count-solved.ts')
  const { findChapters, projectRoot } = await import('../lesson/chapters.ts')
  const { textWidth } = await import('../pager.ts')
  const { welcome } = await import('../welcome.ts')
  const chapters = findChapters()
  const report = await examine(projectRoot, chapters)
  const solved = await countSolved(chapters)
  const paint = colours(wantsColours(process.stdout))
  console.log(welcome(chapters, report, solved, usualLanguage(), paint, textWidth()))
}

/** Nothing at all: what this is, where you are, and what to type next. */
export const addWelcome = (program: Command): void =>
  void program.allowExcessArguments(true).action(() => welcomeReader(program))
