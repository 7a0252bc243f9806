/** Shows containers: in the terminal, for programs, as a picture, once or again and again. */

import { writeFileSync } from 'node:fs'
import { isSystemError, ProgramError } from '#native/index.ts'
import { colours, wantsColours } from '../colours.ts'
import type { Language } from '../lesson/lesson.ts'
import { textWidth } from '../pager.ts'
import { drawPicture } from './draw-picture.ts'
import { drawFacts } from './draw-terminal.ts'
import { type Facts, facts } from './facts.ts'
import { watchFacts } from './watch-facts.ts'
import { xrayWords } from './xray-words.ts'

type Showing = {
  /** the process below which containers are looked for */
  readonly root: number | undefined
  readonly language: Language
  readonly isJson: boolean
  readonly isWatching: boolean
}

const optionsOf = (root: number | undefined): { root?: number } => (root === undefined ? {} : { root })

const CLEAR = '\x1b[H\x1b[2J'

/** What does not fit in the window would scroll away from above, where one looks first. */
const fitWindow = (text: string, language: Language): string => {
  const room = (process.stdout.rows || Number.POSITIVE_INFINITY) - 1
  const lines = text.split('\n')
  if (lines.length <= room) return text
  const kept = lines.slice(0, room - 1)
  return [...kept, xrayWords(language).moreLines(lines.length - kept.length)].join('\n')
}

const textOf = (found: Facts, { root, language, isJson, isWatching }: Showing): string => {
  if (isJson) return JSON.stringify(found, null, isWatching ? 0 : 2)
  const paint = colours(wantsColours(process.stdout))
  const text = drawFacts(found, root, language, textWidth(), paint)
  return isWatching && process.stdout.isTTY ? CLEAR + fitWindow(text, language) : text
}

/**
 * Shows what is found once or, watching, until this program is ended.
 * @throws ProgramError
 */
export const showFacts = async (showing: Showing): Promise<void> => {
  const show = (found: Facts): void => console.log(textOf(found, showing))
  if (showing.isWatching) await watchFacts(optionsOf(showing.root), show)
  else show(await facts(optionsOf(showing.root)))
}

/**
 * Writes a picture of what is found into a file.
 * @throws ProgramError
 */
export const writePicture = async (file: string, root: number | undefined): Promise<void> => {
  const picture = drawPicture(await facts(optionsOf(root)))
  try {
    writeFileSync(file, picture)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new ProgramError(`${file} cannot be written: ${error.message}`)
  }
}
