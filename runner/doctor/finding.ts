/** What a look at the machine has found. */

import type { ProgramError } from '#native/program-error.ts'
import { findChapters } from '../lesson/chapters.ts'

/** ok: it was tried and works. missing: it was tried and does not. unknown: it could not be tried. note: nothing hangs on it. */
export type State = 'ok' | 'missing' | 'unknown' | 'note'

export type Finding = {
  /** for programs: `namespace.pid` */
  readonly id: string
  /** what was looked at */
  readonly name: string
  readonly state: State
  /** what was seen */
  readonly found: string
  /** the numbers of the chapters that need it */
  readonly chapters: readonly number[]
  /** the commands of the runner that need it */
  readonly commands?: readonly string[]
  /** what to do, where it is missing */
  readonly cure?: string | undefined
}

/** What is known of a thing before it is looked at. */
export type Subject = Pick<Finding, 'id' | 'name' | 'chapters' | 'commands'>

export const ALL_CHAPTERS = findChapters().map(({ number }) => Number(number))

// Chapter 00 makes the container of chapter 04 before any theory, so it needs what that one needs.
const asFarAs = (chapter: number): number => (chapter === 0 ? 4 : chapter)

/** The chapters that need what is needed from one of them on: that one, those after it, and 00 where it goes as far. */
export const chaptersFrom = (first: number): number[] => ALL_CHAPTERS.filter(chapter => asFarAs(chapter) >= first)

export const ok = (subject: Subject, found: string): Finding => ({ ...subject, state: 'ok', found })

export const missing = (subject: Subject, found: string, cure?: string): Finding => ({
  ...subject,
  state: 'missing',
  found,
  cure,
})

export const unknown = (subject: Subject, found: string, cure?: string): Finding => ({
  ...subject,
  state: 'unknown',
  found,
  cure,
})

export const note = (id: string, name: string, found: string): Finding => ({
  id,
  name,
  state: 'note',
  found,
  chapters: [],
})

// A message says which call failed with which errno, or what is wrong, then a colon, then what to do.
const MESSAGE = /^(.*?: E[A-Z0-9]+ \([^)]*\)|[^:]*)(?:: (.*))?$/s

/** Parts an error's message into what was found and what to do about it. */
export const splitMessage = ({ message }: ProgramError): { found: string; cure: string | undefined } => {
  const [, found = message, cure] = MESSAGE.exec(message) ?? []
  return { found, cure }
}
