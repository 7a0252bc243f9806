import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runToolWithoutBlocking } from '#native/host-tool.ts'
import { getopt, ProgramError, print, TAKES_ROOT } from '#native/index.ts'
import { findContainer } from '../container-state.ts'
import { containerPaths, HALF, home, layers } from '../home-layout.ts'
import { checkNewImageName, saveImage, withLayersLock } from '../image-store.ts'

/** skdocker commit: what a container has changed becomes a layer on those it stands on. */
export const commit = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <image>', {}, args, 'skdocker commit')
  const [given, name] = operands
  // For anyone else cp(1) leaves out owners and attributes without a word.
  if (process.geteuid?.() !== 0) throw new ProgramError(`a layer keeps the owners of its files: ${TAKES_ROOT}`)
  const container = findContainer(given)
  checkNewImageName(name)
  const layer = `${container.id}-${Date.now().toString(16)}`
  const target = join(home(), layers, layer)
  await withLayersLock(async () => {
    try {
      // cp(1) keeps the devices by which overlayfs says "deleted", and the extended attributes for "nothing below".
      await runToolWithoutBlocking(['cp', '-a', containerPaths(container.id).upper, `${target}${HALF}`])
      renameSync(`${target}${HALF}`, target)
      saveImage({ name, layers: [layer, ...container.layers] })
    } catch (error) {
      for (const path of [`${target}${HALF}`, target]) rmSync(path, { recursive: true, force: true })
      throw error
    }
  })
  print(name)
  return 0
}
