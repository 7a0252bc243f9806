/** Checks that what was read from a file has the shape that a program relies on: anybody may have written it. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { hasErrno } from '#native/index.ts'

/** Returns the value when it has the shape. Throws ShapeError. */
type Shape<T> = (value: unknown, name: string) => T

/** A value is not what it has to be. */
export class ShapeError extends Error {}

// A pipe has no end while nobody writes to it, and /dev/zero has none at all.
const readRegularFile = (path: string): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) throw new ShapeError('it is not a file')
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/**
 * Reads a file of JSON, whatever is at its path.
 * @throws ShapeError when it is no file of JSON, or not there; NodeJS.ErrnoException when it may not be read
 */
export const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readRegularFile(path))
  } catch (error) {
    if (error instanceof SyntaxError) throw new ShapeError('it is not JSON')
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) throw new ShapeError('there is no such file')
    throw error
  }
}

/** How the value itself is called, and not a part of it. */
export const WHOLE = 'its content'

const nameOfPart = (name: string, key: string): string => (name === WHOLE ? key : `${name}.${key}`)

const refuse = (name: string, wanted: string): never => {
  throw new ShapeError(`${name} is not ${wanted}`)
}

export const text: Shape<string> = (value, name) => (typeof value === 'string' ? value : refuse(name, 'a string'))

export const number: Shape<number> = (value, name) => (typeof value === 'number' ? value : refuse(name, 'a number'))

export const boolean: Shape<boolean> = (value, name) =>
  typeof value === 'boolean' ? value : refuse(name, 'true or false')

/** A string of a form. */
export const textLike =
  (form: RegExp): Shape<string> =>
  (value, name) =>
    form.test(text(value, name)) ? (value as string) : refuse(name, `of the form ${form.source}`)

/** One of a few words. */
export const oneOf =
  <Word extends string>(...words: readonly Word[]): Shape<Word> =>
  (value, name) =>
    words.find(word => word === value) ?? refuse(name, words.join(' or '))

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, name) =>
    value === undefined ? undefined : shape(value, name)

export const listOf =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value, name) =>
    Array.isArray(value) ? value.map((each, index) => shape(each, `${name}[${index}]`)) : refuse(name, 'a list')

/** A list with something in it. */
export const fullListOf =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value, name) => {
    const list = listOf(shape)(value, name)
    if (list.length === 0) throw new ShapeError(`${name} is empty`)
    return list
  }

const entriesOf = (value: unknown, name: string): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(name, 'an object')

/** An object in which every name stands for a value of one shape. */
export const recordOf =
  <T>(shape: Shape<T>): Shape<Record<string, T>> =>
  (value, name) =>
    Object.fromEntries(
      Object.entries(entriesOf(value, name)).map(([key, each]) => [key, shape(each, nameOfPart(name, key))]),
    )

/** An object with these properties. What it has besides is left out. */
export const object =
  <T extends object>(shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> =>
  (value, name) => {
    const entries = entriesOf(value, name)
    const checked = (Object.keys(shapes) as (keyof T & string)[])
      .map(key => [key, shapes[key](entries[key], nameOfPart(name, key))] as const)
      .filter(([, each]) => each !== undefined)
    return Object.fromEntries(checked) as T
  }
