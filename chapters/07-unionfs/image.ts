/** Images: images/NAME.tar is one layer, images/NAME.json a stack of them that skdocker commit made. */

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '../../native/index.ts'
import { locked } from '../05-cgroup/lock.ts'
import { writeAtomically } from './atomic.ts'
import { home, images, layers } from './home.ts'
import { unpackLayer } from './layer.ts'

/** An image: read-only directories, the topmost first, each a name below images/.layers. */
export type Image = { readonly name: string; readonly layers: readonly string[] }

/** What skdocker images shows of one. */
export type Listed = {
  readonly name: string
  readonly layers: number
  readonly bytes: number
  readonly created: Date
}

const NAME = /^[a-z0-9][a-z0-9_.-]{0,127}$/

const checkName = (name: string): void => {
  if (!NAME.test(name))
    throw new ProgramError(
      `${JSON.stringify(name)} is no name of an image: small letters, digits, "_", "." and "-"`,
    )
}

const fileOf = (name: string, kind: 'tar' | 'json'): string => join(home(), images, `${name}.${kind}`)

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** The layer that a tar unpacks to. A tar that is replaced is another layer; who reads all of it to know is late. */
const layerOf = (tar: string): string => {
  const { ino, size, mtimeNs } = statSync(tar, { bigint: true })
  return `${ino.toString(16)}-${size.toString(16)}-${mtimeNs.toString(16)}`
}

const noImage = (name: string): ProgramError => {
  const known = listImages().map(image => image.name)
  const cure = known.length > 0 ? `there are: ${known.join(', ')}` : 'make some with "npm run setup"'
  return new ProgramError(`no image ${name}: ${fileOf(name, 'tar')} does not exist; ${cure}`)
}

/**
 * An image, unpacked if it was not yet.
 * @throws ProgramError when there is none, or its tar is hostile or cut short
 */
export const findImage = (name: string): Image => {
  checkName(name)
  if (exists(fileOf(name, 'json'))) return { name, ...JSON.parse(readFileSync(fileOf(name, 'json'), 'utf8')) }
  const tar = fileOf(name, 'tar')
  if (!exists(tar)) throw noImage(name)
  const layer = layerOf(tar)
  if (exists(join(home(), layers, layer))) return { name, layers: [layer] }
  mkdirSync(join(home(), layers), { recursive: true })
  // Of many that want it at once one unpacks it.
  locked(join(home(), layers), () => {
    if (!exists(join(home(), layers, layer))) unpackLayer(tar, join(home(), layers, layer))
  })
  return { name, layers: [layer] }
}

/**
 * Unpacks a whole image into a directory of its own, as docker save and a shell would.
 * @throws ProgramError when there is none, or its tar is hostile or cut short
 */
export const unpackImage = (name: string, directory: string): void => {
  checkName(name)
  const tar = fileOf(name, 'tar')
  if (!exists(tar)) throw noImage(name)
  unpackLayer(tar, directory)
}

/** All images there are. */
export const listImages = (): Listed[] => {
  if (!exists(join(home(), images))) return []
  const files = readdirSync(join(home(), images)).filter(file => /\.(tar|json)$/.test(file))
  return files.sort().map(file => {
    const { size, mtime } = statSync(join(home(), images, file))
    const stack = file.endsWith('.json') ? findImage(file.slice(0, -'.json'.length)).layers.length : 1
    return { name: file.replace(/\.\w+$/, ''), layers: stack, bytes: size, created: mtime }
  })
}

/**
 * Gives a stack of layers a name.
 * @throws ProgramError when the name is taken or none
 */
export const saveImage = ({ name, layers: stack }: Image): void => {
  checkName(name)
  if (exists(fileOf(name, 'tar')) || exists(fileOf(name, 'json')))
    throw new ProgramError(`there is an image ${name} already: choose another name`)
  writeAtomically(fileOf(name, 'json'), JSON.stringify({ layers: stack }))
}
