import { UsageError } from '../usage-error.ts'
import { isProgram } from './exercise.ts'
import { called, exerciseNamed, type ProgramPlace } from './find-exercises.ts'

/**
 * An exercise in which a program is written or mended.
 * @throws UsageError when there is none of that name, or it is a question
 */
export const programPlace = async (given: string, name: string | undefined): Promise<ProgramPlace> => {
  const { chapter, exercise } = await exerciseNamed(given, name)
  if (isProgram(exercise)) return { chapter, exercise }
  const command = `npx tsx runner.ts try ${called({ chapter, exercise })}`
  throw new UsageError(`${exercise.name} is a question, and has no file: "${command}" asks it`)
}
