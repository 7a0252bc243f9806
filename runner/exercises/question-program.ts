/** The program that a question is about: the chapter's, with something changed, in the lab alone. */

import { join } from 'node:path'
import { startTypeScript } from '../needs/start-typescript.ts'
import type { QuestionPlace } from './find-exercises.ts'
import { putFiles } from './put-files.ts'
import type { Site } from './site.ts'
import { changedFile } from './skeleton.ts'
import { directoryOf } from './workplace.ts'

/** How the reader would type it. */
export const typedProgram = ({ chapter, exercise: { program } }: QuestionPlace): string =>
  program && program.changes.length > 0
    ? 'npx tsx wrong.ts'
    : `npx tsx chapters/${chapter.name}/${program?.file ?? 'main.ts'}`

/**
 * Puts the program into a site, where it is not there as it is.
 * @returns the words that start it there
 * @throws LabError
 */
export const questionProgram = async (site: Site, place: QuestionPlace): Promise<string[]> => {
  const { chapter, exercise } = place
  const { file, changes } = exercise.program ?? { file: 'main.ts', changes: [] }
  if (changes.length === 0) return startTypeScript(join(chapter.folder, file))
  const directory = directoryOf(place)
  await putFiles(site, directory, new Map([['wrong.ts', changedFile(place, file, changes)]]))
  return startTypeScript(join(directory, 'wrong.ts'))
}
