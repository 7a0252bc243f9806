/** Questions: what is shown, asked and answered. */

import { askLine } from '../ask.ts'
import { projectRoot } from '../lesson/chapters.ts'
import { wrapText } from '../read/wrap-pieces.ts'
import { SOMETHING_FOUND } from '../usage-error.ts'
import { visible } from '../visible.ts'
import type { QuestionExercise } from './exercise.ts'
import { called, type QuestionPlace } from './find-exercises.ts'
import { withSite } from './open-site.ts'
import { saveProgress } from './progress.ts'
import { questionProgram, typedProgram } from './question-program.ts'
import type { Style } from './report.ts'
import type { Site } from './site.ts'
import { Trial } from './trial.ts'
import { exerciseWords } from './words.ts'

/** What the command of a question shows on a terminal: its output and its errors, in their order. */
export const runQuestion = async (site: Site, place: QuestionPlace): Promise<string> => {
  const program = await questionProgram(site, place)
  const line = place.exercise.command.replaceAll('PROGRAM', '"$@"')
  const { stdout } = await new Trial(site, { words: [], cwd: projectRoot }).onHost(`{ ${line}\n} 2>&1`, program)
  return visible(stdout)
}

/** Whether an answer is right, whatever its case and the spaces around it. */
export const isRight = ({ isRight: judge }: QuestionExercise, answer: string, output: string): boolean =>
  judge(answer.trim().toLowerCase(), output)

/** What the reader would type for it. */
const typed = (place: QuestionPlace): string => place.exercise.command.replaceAll('PROGRAM', typedProgram(place))

/**
 * Asks a question, and remembers that it was answered.
 * @returns the exit code
 * @throws LabError
 */
export const askQuestion = async (place: QuestionPlace, { language, paint, columns }: Style): Promise<number> => {
  const { exercise } = place
  const words = exerciseWords(language)
  const say = (text: string): void => console.log(wrapText(text, columns).join('\n'))
  const output = await withSite(exercise.needsRoot, [], site => runQuestion(site, place))
  console.log(paint.bold(exercise.title[language]))
  console.log(`\n${typed(place).replace(/^/gm, '$ ')}`)
  if (exercise.showsOutput) console.log(output.trimEnd())
  console.log('')
  say(exercise.question[language])
  const answer = (await askLine(words.answer)) ?? ''
  const right = isRight(exercise, answer, output)
  saveProgress(place, { solved: right, holding: right ? 1 : 0, checks: 1 })
  if (!right) {
    console.log(`${paint.red(words.wrong)} ${words.next(called(place))}`)
    return SOMETHING_FOUND
  }
  console.log(paint.green(words.right))
  if (!exercise.showsOutput) console.log(`${words.came}\n${output.trimEnd()}`)
  say(exercise.answer[language])
  return 0
}
