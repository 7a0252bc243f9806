/** Files: what a killed setup has left, where walk keeps its place, and with --all what setup makes. */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '#native/index.ts'
import { home } from '#parts/home-directory.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { hasMadePaths, removeMadePaths } from '../setup/made-paths.ts'
import { withWorkspace } from '../setup/workspace.ts'
import { forgetPlaces, stateDirectory } from '../walk/walk-place.ts'
import { mountPoints } from './clean-mounts.ts'
import type { Leftover, Search } from './leftover.ts'

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
      remove: async () => forgetPlaces(),
    },
  ]
}

const refuseIfMounted = (path: string): void => {
  const mounted = mountPoints().find(point => `${point}/`.startsWith(`${path}/`))
  if (mounted) throw new ProgramError(`${path} is not removed: ${mounted} is mounted in it`)
}

const images = (): Leftover[] => {
  const path = join(home(), 'images')
  if (!existsSync(path)) return []
  const remove = async (): Promise<void> => {
    refuseIfMounted(path)
    rmSync(path, { recursive: true, force: true })
  }
  return [{ what: `${path}, which setup makes`, remove }]
}

const rootfs = (): Leftover[] => {
  const path = join(projectRoot, 'busybox')
  if (!hasMadePaths(path)) return []
  const remove = async (): Promise<void> => {
    refuseIfMounted(path)
    removeMadePaths(path)
  }
  return [{ what: 'busybox/: what setup makes in it', remove }]
}

/**
 * Looks for files.
 * @param all whether what setup makes counts, too
 */
export const findFiles = (all: boolean): Search => ({
  leftovers: [...workspaces(), ...place(), ...(all ? [...rootfs(), ...images()] : [])],
  unseen: [],
})
