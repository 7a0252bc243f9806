import { isRoot } from '../is-root.ts'
import { aptGet } from './apt-get.ts'
import { type Installer, installers, type Tool, tools } from './host-tools.ts'
import { hasTool, programs } from './run-tool.ts'
import { say, warn } from './say.ts'
import { SetupError } from './setup-error.ts'
import { withWorkspace } from './workspace.ts'

const allInstallers = Object.keys(installers) as Installer[]
const nameOf = (tool: Tool) => tool.anyOf.join(' or ')
const missingOf = (wanted: Tool[]) => wanted.filter(tool => !tool.anyOf.some(hasTool))

/**
 * Completes the tools of the host that later chapters use: installs the missing ones where root and apt-get
 * are there, and names every one that is still missing with its cure. Never throws for a missing tool.
 *
 * @param parent a directory that can be written, to work in
 * @param wanted the tools to look for
 */
export const completeTools = async (parent: string, wanted: Tool[] = tools): Promise<void> => {
  const missing = missingOf(wanted)
  if (missing.length > 0 && isRoot() && programs('apt-get').length > 0) await install(missing, parent)
  const stillMissing = missingOf(missing)
  for (const tool of stillMissing) warn(`${nameOf(tool)} is missing (${tool.why}); ${cure(tool)}`)
  const installed = missing.filter(tool => !stillMissing.includes(tool))
  if (installed.length > 0) say(`  installed: ${installed.map(nameOf).join(', ')}`)
  const there = wanted.filter(tool => !missing.includes(tool))
  if (there.length > 0) say(`  there: ${there.map(nameOf).join(', ')}`)
}

const install = async (missing: Tool[], parent: string): Promise<void> => {
  for (const tool of missing) say(`  ${nameOf(tool)} is missing: ${tool.why}`)
  const packages = [...new Set(missing.map(tool => tool.packages['apt-get']))]
  say(`  apt-get install ${packages.join(' ')} …`)
  try {
    const words = ['install', '-y', '--no-install-recommends', ...packages]
    await withWorkspace(parent, workspace => aptGet(words, workspace))
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    warn(`apt-get could not install them: ${error.message}`)
  }
}

/**
 * How to install a tool here, or, when no known installer is on this machine, on each family of machines.
 *
 * @param here the installers this machine has
 */
export const cure = (tool: Tool, here = allInstallers.filter(name => programs(name).length > 0)): string => {
  const commands = (here.length > 0 ? here : allInstallers).map(
    name => `${installers[name]} ${tool.packages[name]}`,
  )
  return `install it: ${commands.join(', or ')}`
}
