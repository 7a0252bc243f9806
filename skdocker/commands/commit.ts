import { randomBytes } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runToolWithoutBlocking } from '#native/host-tool.ts'
import { getopt, ProgramError, print, TAKES_ROOT } from '#native/index.ts'
import { type Container, findContainer, isActive, loadContainer } from '../container-state.ts'
import { containerPaths, HALF, home, layers } from '../home-layout.ts'
import { checkNewImageName, saveImage, withLayersLock } from '../image-store.ts'

/**
 * Refuses a container that runs, or has run since this program looked at it. While cp(1) copies a directory, a container
 * could put a link in its place, and so bring files of the host into the image.
 */
const refuseUnlessIdle = ({ id, name, init }: Container): void => {
  const now = loadContainer(id)
  if (now && !isActive(now) && now.init?.pid === init?.pid && now.init?.started === init?.started) return
  throw new ProgramError(`container ${name} runs, and could change what is copied: first "skdocker stop ${name}"`)
}

/** skdocker commit: what a container has changed becomes a layer on those it stands on. */
export const commit = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <image>', {}, args, 'skdocker commit')
  const [given, name] = operands
  // For anyone else cp(1) leaves out owners and attributes without a word.
  if (process.geteuid?.() !== 0) throw new ProgramError(`a layer keeps the owners of its files: ${TAKES_ROOT}`)
  const container = findContainer(given)
  const layer = `${container.id}-${randomBytes(4).toString('hex')}`
  const target = join(home(), layers, layer)
  await withLayersLock(async () => {
    refuseUnlessIdle(container)
    checkNewImageName(name) // nobody else can take it before the lock is free again
    try {
      // cp(1) keeps the devices by which overlayfs says "deleted", and the extended attributes for "nothing below".
      await runToolWithoutBlocking(['cp', '-a', containerPaths(container.id).upper, `${target}${HALF}`])
      refuseUnlessIdle(container)
      renameSync(`${target}${HALF}`, target)
      saveImage({ name, layers: [layer, ...container.layers], cmd: container.command })
    } catch (error) {
      for (const path of [`${target}${HALF}`, target]) rmSync(path, { recursive: true, force: true })
      throw error
    }
  })
  print(name)
  return 0
}
