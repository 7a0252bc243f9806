/** npm run test:vm: the tests in a virtual machine, with another kernel, cgroup v2 or another architecture. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lineForReader } from '../../runner/setup/setup-error.ts'
import { withWorkspace } from '../../runner/setup/workspace.ts'
import { repository } from '../harness/repository.ts'
import { baseOf } from './base.ts'
import { cache } from './cache.ts'
import { vitestArguments } from './filters.ts'
import { runMachine } from './machine.ts'
import { modulesOf } from './modules.ts'
import { readOptions } from './options.ts'
import { endWithParent } from './parent.ts'
import { filesOf, packProject } from './project.ts'
import { requireTools } from './requirements.ts'
import { processorTime } from './slowness.ts'

/** What is said here of how to run tests holds inside, too. */
const handedOn = (): Record<string, string> =>
  Object.fromEntries(
    ['SKDOCKER_NO_SKIP', 'SKDOCKER_TSX', 'CI'].flatMap(name => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )

const { architecture, node, only, minutes, memory, processors } = readOptions()

try {
  endWithParent()
  requireTools(architecture)
  const base = await baseOf(architecture)
  const modules = await modulesOf(architecture, node, repository)
  const files = await filesOf(repository)
  const environment = {
    SKDOCKER_VM_REFERENCE: String(processorTime()),
    ...handedOn(),
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
  }
  await mkdir(cache, { recursive: true })
  process.exitCode = await withWorkspace(cache, async workspace => {
    const project = join(workspace, 'project')
    await packProject(project, workspace, repository, files, { environment, vitest: vitestArguments(only, files) })
    return await runMachine({ architecture, base, modules, project, memory, processors, minutes }, workspace)
  })
} catch (error) {
  const line = lineForReader(error)
  if (!line) throw error
  console.error(`vm: ${line}`)
  process.exitCode = 1
}
