/** Images: images/NAME.tar is one layer, images/NAME.json a stack of them that skdocker commit made. */

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkImageName, layerOf } from '#chapters/07-unionfs/image.ts'
import { CONTAINERS } from '#chapters/07-unionfs/overlay.ts'
import { ProgramError } from '#native/index.ts'
import { lockedUntil } from '#native/lock.ts'
import { layersBelow, removeHalfUnpacked, unpackOnce } from '#parts/image/layer-store.ts'
import { writeAtomically } from './atomic.ts'
import { listContainers } from './container.ts'
import { home, images, layers } from './home.ts'

/** An image: read-only directories, the topmost first, each a name below images/.layers. */
export type Image = { readonly name: string; readonly layers: readonly string[] }

/** What skdocker images shows of one. */
export type Listed = {
  readonly name: string
  readonly layers: number
  /** of its tar; undefined where it is none */
  readonly bytes: number | undefined
  readonly created: Date
}

const NAME = /^[a-z0-9][a-z0-9_.-]{0,127}$/

const fileOf = (name: string, kind: 'tar' | 'json'): string => join(home(), images, `${name}.${kind}`)

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Where an image is kept, undefined when there is none. */
const find = (name: string): string | undefined => [fileOf(name, 'json'), fileOf(name, 'tar')].find(exists)

const noImage = (name: string): ProgramError => {
  const known = listImages().map(image => image.name)
  const cure = known.length > 0 ? `there are: ${known.join(', ')}` : 'make some with "npm run setup"'
  return new ProgramError(`no image ${name}: ${fileOf(name, 'tar')} does not exist; ${cure}`)
}

const read = (name: string): Image => {
  try {
    return { name, layers: JSON.parse(readFileSync(fileOf(name, 'json'), 'utf8')).layers }
  } catch (error) {
    throw new ProgramError(`image ${name} is damaged: ${(error as Error).message}`)
  }
}

/**
 * An image, unpacked if it was not yet.
 * @throws ProgramError when there is none, or its tar is hostile or cut short
 */
export const findImage = async (name: string): Promise<Image> => {
  checkImageName(name)
  if (exists(fileOf(name, 'json'))) return read(name)
  const tar = fileOf(name, 'tar')
  if (!exists(tar)) throw noImage(name)
  const layer = layerOf(tar)
  const directory = join(home(), layers, layer)
  if (await unpackOnce(tar, directory)) await withLayers(async () => removeUnused())
  return { name, layers: [layer] }
}

/** Does something while nobody else makes or removes layers. Not to be nested. */
export const withLayers = async <T>(act: () => Promise<T>): Promise<T> => {
  const directory = join(home(), layers)
  mkdirSync(directory, { recursive: true })
  return lockedUntil(directory, act)
}

/** Removes the layers of images that were replaced or removed, once no container stands on them. */
const removeUnused = (): void => {
  const used = new Set([
    ...listContainers().flatMap(container => container.layers),
    ...layersBelow(join(home(), CONTAINERS)),
    ...files('json').flatMap(name => read(name).layers),
    ...files('tar').map(name => layerOf(fileOf(name, 'tar'))),
  ])
  for (const layer of readdirSync(join(home(), layers)))
    if (!used.has(layer)) rmSync(join(home(), layers, layer), { recursive: true, force: true })
}

/** Removes what one that was killed has half unpacked. Throws NodeJS.ErrnoException. */
export const sweepLayers = (): void => removeHalfUnpacked(join(home(), layers))

/** The names of the images that are kept in one way. */
const files = (kind: 'tar' | 'json'): string[] => {
  if (!exists(join(home(), images))) return []
  return readdirSync(join(home(), images))
    .filter(file => file.endsWith(`.${kind}`))
    .map(file => file.slice(0, -kind.length - 1))
    .filter(name => NAME.test(name))
}

const listed = (name: string, kind: 'tar' | 'json'): Listed => {
  const { size, mtime } = statSync(fileOf(name, kind))
  if (kind === 'tar') return { name, layers: 1, bytes: size, created: mtime }
  return { name, layers: read(name).layers.length, bytes: undefined, created: mtime }
}

/** All images there are. */
export const listImages = (): Listed[] => {
  const all = [...files('json').map(name => listed(name, 'json')), ...files('tar').map(name => listed(name, 'tar'))]
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Whether an image may be called so.
 * @throws ProgramError when the name is taken or none
 */
export const checkFree = (name: string): void => {
  checkImageName(name)
  if (find(name)) throw new ProgramError(`there is an image ${name} already: choose another name`)
}

/**
 * Gives a stack of layers a name.
 * @throws ProgramError when the name is taken or none
 */
export const saveImage = ({ name, layers: stack }: Image): void => {
  checkFree(name)
  writeAtomically(fileOf(name, 'json'), JSON.stringify({ layers: stack }))
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
  const file = find(name)
  if (!file) throw noImage(name)
  if (!force) refuseIfUsed(name)
  await withLayers(async () => {
    rmSync(file, { force: true })
    removeUnused()
  })
}
