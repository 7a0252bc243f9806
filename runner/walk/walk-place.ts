/** Remembers where a lesson was left, so that the next one goes on there. */

import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeAtomically } from '#skdocker/write-atomically.ts'

/** A place in a chapter: the section and the number of commands that were passed in it. */
export type Place = { readonly section: number; readonly command: number }

/** Source: XDG Base Directory Specification */
export const stateDirectory = (): string => {
  const { XDG_STATE_HOME = '' } = process.env
  // A path that is not absolute is to be ignored.
  const base = XDG_STATE_HOME.startsWith('/') ? XDG_STATE_HOME : join(homedir(), '.local/state')
  return join(base, 'skdocker')
}

const file = (): string => join(stateDirectory(), 'walk.json')

const isPlace = (value: unknown): value is Place =>
  typeof value === 'object' &&
  value !== null &&
  ['section', 'command'].every(name => Number.isInteger((value as Record<string, unknown>)[name]))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readAll = (): Record<string, unknown> => {
  try {
    const all: unknown = JSON.parse(readFileSync(file(), 'utf8'))
    return isObject(all) ? all : {}
  } catch {
    return {} // nothing was left, or it cannot be read: the lesson begins at its beginning
  }
}

/** The place where each chapter was left. The chapter that was left last comes last. */
export const rememberedPlaces = (): [chapter: string, place: Place][] =>
  Object.entries(readAll()).filter((entry): entry is [string, Place] => isPlace(entry[1]))

/** The place where a chapter was left. */
export const rememberedPlace = (chapter: string): Place | undefined =>
  rememberedPlaces().find(([name]) => name === chapter)?.[1]

/**
 * Remembers where a chapter was left. Without a place it was left at its end, and nothing is kept of it.
 * @throws NodeJS.ErrnoException
 */
export const rememberPlace = (chapter: string, place: Place | undefined): void => {
  const { [chapter]: _, ...others } = readAll()
  mkdirSync(stateDirectory(), { recursive: true })
  writeAtomically(file(), `${JSON.stringify(place ? { ...others, [chapter]: place } : others, null, 2)}\n`)
}

/** Removes all that was remembered. Throws NodeJS.ErrnoException, for one when others have put something there. */
export const forgetPlaces = (): void => {
  rmSync(file(), { force: true })
  rmdirSync(stateDirectory())
}
