import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { runLong } from '#native/tool.ts'
import { fileIn, findContainer } from '../container.ts'
import { HALF, home, layers } from '../home.ts'
import { checkFree, saveImage, withLayers } from '../image.ts'

/** skdocker commit: what a container has changed becomes a layer on those it stands on. */
export const commit = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <image>', {}, args, 'skdocker commit')
  const [given, name] = operands
  // To anyone else cp(1) says nothing of the owners and attributes that it leaves out.
  if (process.geteuid?.() !== 0) throw new ProgramError(`a layer keeps the owners of its files: ${TAKES_ROOT}`)
  const container = findContainer(given)
  checkFree(name)
  const layer = `${container.id}-${Date.now().toString(16)}`
  const target = join(home(), layers, layer)
  await withLayers(async () => {
    try {
      // cp(1) keeps what overlayfs says by a device, "deleted", and by an extended attribute, "nothing below".
      await runLong(['cp', '-a', fileIn(container.id, 'upper'), `${target}${HALF}`])
      renameSync(`${target}${HALF}`, target)
      saveImage({ name, layers: [layer, ...container.layers] })
    } catch (error) {
      for (const path of [`${target}${HALF}`, target]) rmSync(path, { recursive: true, force: true })
      throw error
    }
  })
  console.log(name)
  return 0
}
