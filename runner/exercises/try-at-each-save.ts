/** --watch: tries again whenever the reader's file is saved. */

import { once } from 'node:events'
import { watch } from 'node:fs'
import { ProgramError } from '#native/program-error.ts'
import { explain } from '../explain-error.ts'
import type { Language } from '../lesson/lesson.ts'
import type { Place } from './find-exercises.ts'
import { shownPath } from './give-exercise.ts'
import { exerciseWords } from './words.ts'
import { directoryOf } from './workplace.ts'

const QUIET = 150 // ms: an editor writes a file in several steps

const CLEAR = '\x1b[2J\x1b[3J\x1b[H' // the screen and what was scrolled out of it. Source: console_codes(4)

/** Resolves when a file of the directory has changed and then nothing for a moment. */
const nextSave = (directory: string, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    let timer: NodeJS.Timeout | undefined
    const watcher = watch(directory, { signal }, (_, name) => {
      // A copy that was kept, or an editor's own file, is none of the reader's.
      if (name !== null && !name.endsWith('.ts')) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        watcher.close()
        resolve()
      }, QUIET)
    })
  })

const interrupted = (): Promise<'interrupted'> => once(process, 'SIGINT').then(() => 'interrupted')

/** A program that cannot be tried, for it is not there for a moment, is no reason to stop watching. */
const tryOrTell = async (attempt: () => Promise<number>): Promise<number> => {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error
    console.log(explain(error).line)
    return error.exitCode
  }
}

/**
 * Tries at once and at each save, until Ctrl-C.
 * @returns the exit code of the last try
 */
export const tryAtEachSave = async (
  place: Place,
  language: Language,
  attempt: () => Promise<number>,
): Promise<number> => {
  const directory = directoryOf(place)
  const end = interrupted()
  const watching = new AbortController()
  for (;;) {
    if (process.stdout.isTTY) process.stdout.write(CLEAR)
    // From before the try, because the reader may save while it runs.
    const saved = nextSave(directory, watching.signal)
    const code = await tryOrTell(attempt)
    console.log(`\n${exerciseWords(language).watching(shownPath(directory))}`)
    if ((await Promise.race([saved, end])) !== 'interrupted') continue
    watching.abort()
    return code
  }
}
