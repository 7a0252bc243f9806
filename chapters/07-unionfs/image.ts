/** An image is a tar. It is unpacked once, into a layer, and all containers of the image stand on that. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '#native/index.ts'
import { home } from '#parts/home-directory.ts'
import { unpackOnce } from '#parts/image/layer-store.ts'

/** Where images and their layers are, below home(). */
export const IMAGES = 'images'
export const LAYERS = 'images/.layers'

const NAME = /^[a-z0-9][a-z0-9_.-]{0,127}$/

/** Throws ProgramError for what cannot name an image, such as `../a`. */
export const checkImageName = (name: string): void => {
  if (NAME.test(name)) return
  const allowed = 'small letters, digits, "_", "." and "-"'
  throw new ProgramError(`${JSON.stringify(name)} is no name of an image: ${allowed}`)
}

/**
 * The tar of an image.
 * @throws ProgramError when there is none
 */
export const tarOf = (image: string): string => {
  checkImageName(image)
  const tar = join(home(), IMAGES, `${image}.tar`)
  if (!statSync(tar, { throwIfNoEntry: false }))
    throw new ProgramError(`no image ${image}: ${tar} does not exist; make some with "npm run setup"`)
  return tar
}

/**
 * The name of the layer that a tar becomes: its inode, size and time, so that a tar that is replaced becomes another
 * layer. A hash of its bytes would be surer, but to know that, every run would read all of them.
 */
export const layerOf = (tar: string): string => {
  const { ino, size, mtimeNs } = statSync(tar, { bigint: true })
  return [ino, size, mtimeNs].map(number => number.toString(16)).join('-')
}

/**
 * The layer of an image, which is unpacked if it was not yet.
 * @returns its path below home()
 * @throws ProgramError when there is no such image, or its tar is hostile or cut short
 */
export const findLayer = async (image: string): Promise<string> => {
  const tar = tarOf(image)
  const layer = `${LAYERS}/${layerOf(tar)}`
  await unpackOnce(tar, join(home(), layer))
  return layer
}
