/**
 * Images: images/NAME.json says what an image is made of and what it runs, `{ "layers": […], "cmd": […] }`. Without layers
 * it is made of one, images/NAME.tar; without a command it runs /bin/sh; and an image with neither needs no such file.
 */

import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkImageName, layerOf } from '#chapters/07-unionfs/image.ts'
import { CONTAINERS } from '#chapters/07-unionfs/overlay.ts'
import { withLock } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { layersBelow, removeHalfUnpacked, unpackOnce } from '#parts/image/layer-store.ts'
import { makePrivateDirectory } from '#parts/private-directory.ts'
import { fullListOf, object, optional, readJson, ShapeError, text, WHOLE } from './check-shape.ts'
import { layerName, listContainers, readContainers } from './container-state.ts'
import { home, images, layers } from './home-layout.ts'
import { writeAtomically } from './write-atomically.ts'

/** An image: read-only directories, and what a container of it runs when it is told nothing else. */
export type Image = {
  readonly name: string
  /** the topmost first, each a name below images/.layers */
  readonly layers: readonly string[]
  readonly cmd: readonly string[]
  /** what its only layer is unpacked from; undefined when skdocker commit made its layers */
  readonly tar?: string
}

/** What images/NAME.json says, as far as it says it. */
type ImageConfig = Partial<Pick<Image, 'layers' | 'cmd'>>

/** What `skdocker images` shows of an image. */
type ListedImage = {
  readonly name: string
  /** how many; undefined when the image is damaged */
  readonly layers: number | undefined
  /** the size of its tar; undefined when it is no tar */
  readonly bytes: number | undefined
  readonly created: Date
}

const DEFAULT_CMD = ['/bin/sh']

const NAME = /^[a-z0-9][a-z0-9_.-]{0,127}$/

const fileOf = (name: string, kind: 'tar' | 'json'): string => join(home(), images, `${name}.${kind}`)

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** The files that hold an image: one, or two, or none when there is no such image. */
const filesOf = (name: string): string[] => [fileOf(name, 'tar'), fileOf(name, 'json')].filter(exists)

const noImage = (name: string): ProgramError => {
  const known = listImages().map(image => image.name)
  const cure = known.length > 0 ? `there are: ${known.join(', ')}` : 'make some with "npm run setup"'
  return new ProgramError(`no image ${name}: ${fileOf(name, 'tar')} does not exist; ${cure}`)
}

/** Nobody can tell what an image is made of, because its file does not say it. */
class DamagedImage extends ProgramError {
  constructor(name: string, reason: string) {
    super(`image ${name} is damaged: ${fileOf(name, 'json')}: ${reason}: remove it with "skdocker rmi ${name}"`)
  }
}

const configShape = object<ImageConfig>({
  layers: optional(fullListOf(layerName)),
  cmd: optional(fullListOf(text)),
})

const readConfig = (name: string): ImageConfig => {
  const file = fileOf(name, 'json')
  try {
    return exists(file) ? configShape(readJson(file), WHOLE) : {}
  } catch (error) {
    throw error instanceof ShapeError ? new DamagedImage(name, error.message) : error
  }
}

const readImage = (name: string): Image => {
  const { layers: stack, cmd = DEFAULT_CMD } = readConfig(name)
  if (stack) return { name, layers: stack, cmd }
  const tar = fileOf(name, 'tar')
  if (!exists(tar)) throw new DamagedImage(name, `it names no layers, and there is no ${name}.tar`)
  return { name, layers: [layerOf(tar)], cmd, tar }
}

const undefinedIfDamaged = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof DamagedImage) return undefined
    throw error
  }
}

/**
 * Finds an image, whether its layers are unpacked or not.
 * @throws ProgramError when there is none, or it is damaged
 */
export const findImage = (name: string): Image => {
  checkImageName(name)
  if (filesOf(name).length === 0) throw noImage(name)
  return readImage(name)
}

/**
 * Unpacks an image that is a tar, if that has not been done.
 * @throws ProgramError when its tar is hostile or cut short
 */
export const unpackIfNeeded = async ({ tar, layers: [top = ''] }: Image): Promise<void> => {
  if (tar === undefined) return
  const isNew = await unpackOnce(tar, join(home(), layers, top))
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
  const configs = namesOf('json').map(name => undefinedIfDamaged(() => readConfig(name)))
  // Nobody can tell which layers a damaged container or image stands on.
  if (damaged.length > 0 || configs.includes(undefined)) return
  const used = new Set([
    ...containers.flatMap(container => container.layers),
    ...layersBelow(join(home(), CONTAINERS)),
    ...configs.flatMap(config => config?.layers ?? []),
    ...namesOf('tar').map(name => layerOf(fileOf(name, 'tar'))),
  ])
  for (const layer of readdirSync(join(home(), layers)))
    if (!used.has(layer)) rmSync(join(home(), layers, layer), { recursive: true, force: true })
}

/** Removes what killed programs have half unpacked. Throws NodeJS.ErrnoException. */
export const sweepHalfLayers = (): Promise<void> => removeHalfUnpacked(join(home(), layers))

/** The names of the images that have a tar, or a file that says what they are. */
const namesOf = (kind: 'tar' | 'json'): string[] => {
  if (!exists(join(home(), images))) return []
  return readdirSync(join(home(), images))
    .filter(file => file.endsWith(`.${kind}`))
    .map(file => file.slice(0, -kind.length - 1))
    .filter(name => NAME.test(name) && exists(fileOf(name, kind))) // a link may lead nowhere
}

const describeImage = (name: string): ListedImage => {
  const image = undefinedIfDamaged(() => readImage(name))
  const { size, mtime } = statSync(image?.tar ?? fileOf(name, 'json'))
  return { name, layers: image?.layers.length, bytes: image?.tar === undefined ? undefined : size, created: mtime }
}

/** All images there are. */
export const listImages = (): ListedImage[] => {
  const names = new Set([...namesOf('json'), ...namesOf('tar')])
  return [...names].sort().map(describeImage)
}

/**
 * Refuses a name that no image can have, or that an image has already.
 * @throws ProgramError
 */
export const checkNewImageName = (name: string): void => {
  checkImageName(name)
  if (filesOf(name).length > 0) throw new ProgramError(`there is an image ${name} already: choose another name`)
}

/**
 * Gives a stack of layers, and the command to run on it, a name.
 * @throws ProgramError as checkNewImageName() does
 */
export const saveImage = ({ name, layers: stack, cmd }: Omit<Image, 'tar'>): void => {
  checkNewImageName(name)
  // Everybody may read it, because it names layers, and a command such as ps(1) shows to everybody, too.
  writeAtomically(fileOf(name, 'json'), JSON.stringify({ layers: stack, cmd }), 0o644)
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
  const files = filesOf(name)
  if (files.length === 0) throw noImage(name)
  if (!force) refuseIfUsed(name)
  await withLayersLock(async () => {
    for (const file of files) rmSync(file, { recursive: true, force: true })
    removeUnusedLayers()
  })
}
