/** From the command line to a lesson that is given, and back. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ProgramError } from '#native/program-error.ts'
import { type Chapter, lessonOf } from '../lesson/chapters.ts'
import type { Language, Lesson } from '../lesson/lesson.ts'
import { UsageError } from '../usage-error.ts'
import { HANG_UP, Lecture } from './lecture.ts'
import { labWorld, thisMachine, type World } from './shells.ts'
import { stopAt, stopsOf } from './stops.ts'
import { type Place, rememberedPlace, rememberPlace } from './walk-place.ts'
import { words } from './walking-words.ts'
import { requireTerminal, Window } from './window.ts'

const CTRL_C = '\x03'
const EARLY_INPUT = 50 // ms in which keys that were pressed too early arrive

type WalkOptions = {
  readonly language: Language
  /** a section's number, a piece of its heading, or `start` */
  readonly from: string | undefined
  /** whether the shells are the machine's own */
  readonly isHere: boolean
}

/** The section that is meant. Throws UsageError. */
const sectionNamed = (given: string, { sections }: Lesson): number => {
  if (given === 'start') return 0
  const titles = sections.map(({ heading }) => heading?.text ?? '')
  const index = /^\d+$/.test(given)
    ? Number(given) - 1
    : titles.findIndex(title => title.toLowerCase().includes(given.toLowerCase()))
  if (sections[index]) return index
  const all = titles.map((title, number) => `${number + 1} ${title}`).join(', ')
  throw new UsageError(`there is no section ${JSON.stringify(given)}: there are ${all}`)
}

/** What is missing where a lesson begins in its middle. */
const missingBefore = (section: number, lesson: Lesson): string => {
  const commands = stopsOf(lesson).filter(stop => stop.section < section && stop.step && !stop.step.key).length
  return commands > 0 ? words(lesson.language).notTyped(section, commands) : ''
}

const beginning = (
  chapter: Chapter,
  lesson: Lesson,
  from: string | undefined,
): { readonly place: Place; readonly notice: string } => {
  if (from !== undefined) {
    const section = sectionNamed(from, lesson)
    return { place: { section, command: 0 }, notice: missingBefore(section, lesson) }
  }
  const place = rememberedPlace(chapter.name)
  const isResumed = place !== undefined && (place.section > 0 || place.command > 0)
  return { place: place ?? { section: 0, command: 0 }, notice: isResumed ? words(lesson.language).resumed : '' }
}

// A place that cannot be written down must not end the lesson: the error is told after it.
const rememberIfPossible = (chapter: Chapter, place: Place | undefined): string => {
  try {
    rememberPlace(chapter.name, place)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const leaveIfAsked = (text: string): void => {
  if (text.includes(CTRL_C)) process.kill(process.pid, 'SIGINT')
}

const farewell = ({ number }: Chapter, { section }: Place, language: Language): string => {
  const { leave, again } = words(language)
  return `${leave} ${section + 1}. ${again}npx tsx runner.ts walk ${Number(number)}`
}

/**
 * Gives a lesson in this terminal.
 * @throws ProgramError without a terminal or a lab, UsageError for a section that is not there
 */
export const walk = async (chapter: Chapter, { language, from, isHere }: WalkOptions): Promise<void> => {
  requireTerminal()
  const lesson = lessonOf(chapter, language)
  const stops = stopsOf(lesson)
  const { place, notice } = beginning(chapter, lesson, from)
  const ours = words(language)
  const window = new Window()
  let world: World | undefined
  let lecture: Lecture | undefined
  let problem = ''
  await window.open({
    // Keys that are pressed before the lesson begins are dropped: they would run a command that nobody has seen yet.
    onInput: text => (lecture ? lecture.keys.feed(text) : leaveIfAsked(text)),
    onHangUp: () => lecture?.keys.put(HANG_UP),
    onResize: () => lecture?.resized(),
    onSignal: async () => world?.close(),
  })
  try {
    if (!isHere) window.print(`${ours.making}\n`)
    world = isHere ? thisMachine() : await labWorld()
    await sleep(EARLY_INPUT)
    const onStop = ({ section, command }: Place): void => {
      problem = rememberIfPossible(chapter, { section, command })
    }
    lecture = new Lecture({ lesson, stops, first: stopAt(stops, place), notice, window, world, onStop })
    const isDone = await lecture.give()
    if (isDone) problem = rememberIfPossible(chapter, undefined)
    window.leaveLine()
    window.print(`${isDone ? ours.done : farewell(chapter, lecture.stop, language)}\n`)
  } finally {
    window.close()
    await world?.close()
  }
  if (problem) throw new ProgramError(`the place could not be remembered: ${problem}`)
}
