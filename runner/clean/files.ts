/** Files: what a killed setup has left, where walk keeps its place, and with --all what setup makes. */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '#native/index.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { withWorkspace } from '../setup/workspace.ts'
import { forget, stateDirectory } from '../walk/state.ts'
import type { Leftover, Search } from './leftover.ts'
import { mountPoints } from './mounts.ts'

const refuseIfThere = (path: string): void => {
  if (existsSync(path)) throw new ProgramError('its program still runs')
}

const workspaces = (): Leftover[] =>
  readdirSync(projectRoot)
    .filter(name => /^\.setup-\d+-\d+$/.test(name))
    .map(name => ({
      what: `${name}/, of a setup that was killed or still runs`,
      // It takes away those whose program is gone, and makes one of its own meanwhile.
      remove: () => withWorkspace(projectRoot, async () => refuseIfThere(join(projectRoot, name))),
    }))

const place = (): Leftover[] => {
  const directory = stateDirectory()
  if (!existsSync(directory)) return []
  return [
    {
      what: `${directory}, where walk keeps its place`,
      remove: async () => forget(),
    },
  ]
}

/** Removes a directory, but nothing through a mount: that is somebody else's filesystem. */
const removeDirectory = (path: string): void => {
  const mounted = mountPoints().find(point => `${point}/`.startsWith(`${path}/`))
  if (mounted) throw new ProgramError(`${path} is not removed: ${mounted} is mounted in it`)
  rmSync(path, { recursive: true, force: true })
}

const made = (name: string): Leftover[] => {
  const path = join(projectRoot, name)
  if (!existsSync(path)) return []
  return [{ what: `${name}/, which setup makes`, remove: async () => removeDirectory(path) }]
}

/**
 * Looks for files.
 * @param all whether what setup makes counts, too
 */
export const findFiles = (all: boolean): Search => ({
  leftovers: [...workspaces(), ...place(), ...(all ? ['busybox', 'images'].flatMap(made) : [])],
  unseen: [],
})
