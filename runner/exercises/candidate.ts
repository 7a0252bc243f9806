/** Which program is tried: the reader's own in work/, or any other. */

import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { isInstalled } from '#native/find-on-path.ts'
import { ProgramError } from '#native/program-error.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { startTypeScript } from '../needs/start-typescript.ts'
import type { ProgramExercise } from './exercise.ts'
import { called, type ProgramPlace } from './find-exercises.ts'
import { programOf } from './skeleton.ts'
import type { Candidate } from './trial.ts'
import { directoryOf } from './workplace.ts'

/** A candidate, with how a reader would type it. */
export type Named = Candidate & { readonly typed: string }

/** The program of a directory that has the files of an exercise. */
export const candidateIn = (exercise: ProgramExercise, directory: string): Named => {
  const path = join(directory, programOf(exercise))
  return { words: startTypeScript(path), cwd: projectRoot, typed: `npx tsx ${relative(projectRoot, path)}` }
}

/**
 * The reader's program for an exercise.
 * @throws ProgramError when there is none
 */
export const readersProgram = (place: ProgramPlace): Named => {
  const directory = directoryOf(place)
  const candidate = candidateIn(place.exercise, directory)
  const path = join(directory, place.exercise.file)
  if (existsSync(path)) return candidate
  const name = called(place)
  throw new ProgramError(
    `${relative(projectRoot, path)} is not there: make it with "npx tsx runner.ts start ${name}"`,
  )
}

// A path is looked up from where the reader is; the name of a command is not.
const absolute = (word: string): string => (word.includes('/') ? resolve(word) : word)

const isThere = (program: string): boolean => (program.includes('/') ? existsSync(program) : isInstalled(program))

/**
 * Any program, in any language.
 * @param words its command line, to which the checks add their arguments
 * @throws ProgramError when it is not there
 */
export const otherProgram = ([program = '', ...args]: readonly string[]): Named => {
  if (!isThere(program))
    throw new ProgramError(`${program} is not there: after -- comes the command line of your program`)
  return {
    words: [absolute(program), ...args.map(arg => (existsSync(arg) ? resolve(arg) : arg))],
    cwd: projectRoot,
    typed: [program, ...args].join(' '),
  }
}

/** The directories that a lab must not cover, so that the program can be found. */
export const directoriesOf = ({ words }: Candidate): string[] =>
  words.filter(word => word.startsWith('/') && existsSync(word)).map(dirname)
