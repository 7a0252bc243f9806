import { spawnSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getopt, ProgramError } from '../../../native/index.ts'
import { fileIn, findContainer } from '../container.ts'
import { home, layers } from '../home.ts'
import { saveImage } from '../image.ts'

/** skdocker commit: what a container has changed becomes a layer on those it stands on. */
export const commit = async (args: readonly string[]): Promise<number> => {
  const { operands } = getopt('<container> <image>', {}, args, 'skdocker commit')
  const container = findContainer(operands[0])
  if (container.layers.length === 0)
    throw new ProgramError(
      `container ${container.id} has a whole copy of its image and no layer of its own to commit`,
    )
  const layer = `${container.id}-${Date.now().toString(16)}`
  const target = join(home(), layers, layer)
  try {
    // cp(1) keeps what overlayfs says by a device, "deleted", and by an extended attribute, "nothing below".
    const { status, stderr } = spawnSync('cp', ['-a', fileIn(container.id, 'upper'), `${target}.half`], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new ProgramError(`${container.id} could not be copied: ${stderr.trim().split('\n')[0]}`)
    renameSync(`${target}.half`, target)
    saveImage({ name: operands[1], layers: [layer, ...container.layers] })
  } catch (error) {
    for (const path of [`${target}.half`, target]) rmSync(path, { recursive: true, force: true })
    throw error
  }
  console.log(operands[1])
  return 0
}
