/** Images: images/NAME.tar is one layer, images/NAME.json a stack of them that skdocker commit made. */

import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkImageName, layerOf } from '#chapters/07-unionfs/image.ts'
import { CONTAINERS } from '#chapters/07-unionfs/overlay.ts'
import { withLock } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { layersBelow, removeHalfUnpacked, unpackOnce } from '#parts/image/layer-store.ts'
import { makePrivateDirectory } from '#parts/private-directory.ts'
import { listOf, object, readJson, ShapeError, WHOLE } from './check-shape.ts'
import { layerName, listContainers, readContainers } from './container-state.ts'
import { home, images, layers } from './home-layout.ts'
import { writeAtomically } from './write-atomically.ts'

/** An image: read-only directories, the topmost first, each a name below images/.layers. */
export type Image = { readonly name: string; readonly layers: readonly string[] }

/** What `skdocker images` shows of an image. */
type ListedImage = {
  readonly name: string
  /** how many; undefined when the image is damaged */
  readonly layers: number | undefined
  /** the size of its tar; undefined when it is no tar */
  readonly bytes: number | undefined
  readonly created: Date
}

const NAME = /^[a-z0-9][a-z0-9_.-]{0,127}$/

const fileOf = (name: string, kind: 'tar' | 'json'): string => join(home(), images, `${name}.${kind}`)

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** The file that holds an image; undefined when there is none. */
const findFile = (name: string): string | undefined => [fileOf(name, 'json'), fileOf(name, 'tar')].find(exists)

const noImage = (name: string): ProgramError => {
  const known = listImages().map(image => image.name)
  const cure = known.length > 0 ? `there are: ${known.join(', ')}` : 'make some with "npm run setup"'
  return new ProgramError(`no image ${name}: ${fileOf(name, 'tar')} does not exist; ${cure}`)
}

/** Nobody can tell what an image is made of, because its file does not say it. */
class DamagedImage extends ProgramError {}

const stackShape = object<Pick<Image, 'layers'>>({ layers: listOf(layerName) })

const readStack = (name: string): Image => {
  const file = fileOf(name, 'json')
  try {
    return { name, layers: stackShape(readJson(file), WHOLE).layers }
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    throw new DamagedImage(
      `image ${name} is damaged: ${file}: ${error.message}: remove it with "skdocker rmi ${name}"`,
    )
  }
}

const readStackIfWhole = (name: string): Image | undefined => {
  try {
    return readStack(name)
  } catch (error) {
    if (error instanceof DamagedImage) return undefined
    throw error
  }
}

/**
 * Finds an image, whether its layers are unpacked or not.
 * @throws ProgramError when there is none
 */
export const findImage = (name: string): Image => {
  checkImageName(name)
  if (exists(fileOf(name, 'json'))) return readStack(name)
  const tar = fileOf(name, 'tar')
  if (!exists(tar)) throw noImage(name)
  return { name, layers: [layerOf(tar)] }
}

/**
 * Unpacks an image that is a tar, if that has not been done.
 * @throws ProgramError when its tar is hostile or cut short
 */
export const unpackIfNeeded = async ({ name, layers: [top = ''] }: Image): Promise<void> => {
  if (exists(fileOf(name, 'json'))) return
  const isNew = await unpackOnce(fileOf(name, 'tar'), join(home(), layers, top))
  if (isNew) await withLayersLock(async () => removeUnusedLayers())
}

/** Does something while no other program makes or removes layers. It must not be nested. */
export const withLayersLock = async <T>(act: () => Promise<T>): Promise<T> => {
  const directory = join(home(), layers)
  makePrivateDirectory(directory)
  return withLock(directory, act)
}

/** Removes the layers of images that were replaced or removed, once no container stands on them. */
const removeUnusedLayers = (): void => {
  const { containers, damaged } = readContainers()
  const stacks = namesOf('json').map(readStackIfWhole)
  // Nobody can tell which layers a damaged container or image stands on.
  if (damaged.length > 0 || stacks.includes(undefined)) return
  const used = new Set([
    ...containers.flatMap(container => container.layers),
    ...layersBelow(join(home(), CONTAINERS)),
    ...stacks.flatMap(stack => stack?.layers ?? []),
    ...namesOf('tar').map(name => layerOf(fileOf(name, 'tar'))),
  ])
  for (const layer of readdirSync(join(home(), layers)))
    if (!used.has(layer)) rmSync(join(home(), layers, layer), { recursive: true, force: true })
}

/** Removes what killed programs have half unpacked. Throws NodeJS.ErrnoException. */
export const sweepHalfLayers = (): Promise<void> => removeHalfUnpacked(join(home(), layers))

/** The names of the images that are kept as tars, or as stacks. */
const namesOf = (kind: 'tar' | 'json'): string[] => {
  if (!exists(join(home(), images))) return []
  return readdirSync(join(home(), images))
    .filter(file => file.endsWith(`.${kind}`))
    .map(file => file.slice(0, -kind.length - 1))
    .filter(name => NAME.test(name) && exists(fileOf(name, kind))) // a link may lead nowhere
}

const describeImage = (name: string, kind: 'tar' | 'json'): ListedImage => {
  const { size, mtime } = statSync(fileOf(name, kind))
  if (kind === 'tar') return { name, layers: 1, bytes: size, created: mtime }
  return { name, layers: readStackIfWhole(name)?.layers.length, bytes: undefined, created: mtime }
}

/** All images there are. */
export const listImages = (): ListedImage[] => {
  const all = [
    ...namesOf('json').map(name => describeImage(name, 'json')),
    ...namesOf('tar').map(name => describeImage(name, 'tar')),
  ]
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Refuses a name that no image can have, or that an image has already.
 * @throws ProgramError
 */
export const checkNewImageName = (name: string): void => {
  checkImageName(name)
  if (findFile(name)) throw new ProgramError(`there is an image ${name} already: choose another name`)
}

/**
 * Gives a stack of layers a name.
 * @throws ProgramError as checkNewImageName() does
 */
export const saveImage = ({ name, layers: stack }: Image): void => {
  checkNewImageName(name)
  writeAtomically(fileOf(name, 'json'), JSON.stringify({ layers: stack }), 0o644) // everybody may read it, because it only names layers
}

const refuseIfUsed = (name: string): void => {
  const container = listContainers().find(({ image }) => image === name)
  if (!container) return
  throw new ProgramError(
    `container ${container.id} is made of image ${name}: remove that first with "skdocker rm ${container.id}", or use rmi -f`,
  )
}

/**
 * Removes an image, and the layers on which no other and no container stands.
 * @param force also when containers are made of it
 * @throws ProgramError when there is none, or it is used
 */
export const removeImage = async (name: string, force = false): Promise<void> => {
  checkImageName(name)
  const file = findFile(name)
  if (!file) throw noImage(name)
  if (!force) refuseIfUsed(name)
  await withLayersLock(async () => {
    rmSync(file, { recursive: true, force: true })
    removeUnusedLayers()
  })
}
