/** Gives a lesson that was asked for on the command line, from the opening of its window to the end. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ProgramError } from '#native/program-error.ts'
import { type Chapter, findChapters, lessonOf } from '../lesson/chapters.ts'
import { type Language, type Lesson, ofKind } from '../lesson/lesson.ts'
import { UsageError } from '../usage-error.ts'
import { HANG_UP, Lecture } from './lecture.ts'
import { labWorld, thisMachine, type World } from './shells.ts'
import { type Stop, stopAt, stopsOf } from './stops.ts'
import { commandsBefore, firstLine, type Preparation } from './type-earlier-commands.ts'
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

/** The place where a lesson begins: the one that was asked for, or the one where the last lesson was left. */
const beginning = (
  chapter: Chapter,
  lesson: Lesson,
  from: string | undefined,
): { readonly place: Place; readonly isResumed: boolean } => {
  if (from !== undefined) return { place: { section: sectionNamed(from, lesson), command: 0 }, isResumed: false }
  const place = rememberedPlace(chapter.name) ?? { section: 0, command: 0 }
  return { place, isResumed: place.section > 0 || place.command > 0 }
}

/** What is missing where a lesson begins in its middle and nothing is typed on this machine unasked. */
const missingBefore = (stops: readonly Stop[], first: number, language: Language): string[] => {
  const commands = commandsBefore(stops, first)
  return commands > 0 ? [words(language).notTyped(stops[first]!.section, commands)] : []
}

const MOST_SURPRISES = 5

/** What the reader should know of the commands that were typed before the lesson's first stop. */
const preparationNotice = (
  { typed, leftOut, surprises, endedBefore }: Preparation,
  language: Language,
): string[] => {
  const ours = words(language)
  const more = surprises.length - MOST_SURPRISES
  return [
    ...(typed > 0 ? [ours.typed(typed)] : []),
    ...(leftOut > 0 ? [ours.leftOut(leftOut)] : []),
    ...(surprises.length > 0 ? [ours.surprises] : []),
    ...surprises.slice(0, MOST_SURPRISES).map(line => `- ${line}`),
    ...(more > 0 ? [ours.andMore(more)] : []),
    ...(endedBefore ? [ours.endedBefore(firstLine(endedBefore))] : []),
  ]
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

/** Keys that are pressed before the lesson begins are dropped but for two: they would run a command that nobody has seen yet. */
class EarlyKeys {
  /** whether the commands before the first stop are not to be waited for */
  isEnough = false

  feed(text: string): void {
    if (text.includes(CTRL_C)) process.kill(process.pid, 'SIGINT')
    if (text.includes('s')) this.isEnough = true
  }
}

const farewell = ({ number }: Chapter, { section }: Place, language: Language): string => {
  const { leave, again } = words(language)
  return `${leave} ${section + 1}. ${again}npx tsx runner.ts walk ${Number(number)}`
}

type Start = Pick<WalkOptions, 'isHere' | 'language'> & {
  readonly lecture: Lecture
  readonly stops: readonly Stop[]
  readonly first: number
  readonly isResumed: boolean
  readonly early: EarlyKeys
}

/** In a lab, has the commands before the first stop typed. Returns the notice to show at that stop. */
const noticeBefore = async (start: Start): Promise<string[]> => {
  const { lecture, stops, first, isResumed, isHere, language, early } = start
  const { resumed, leftHere } = words(language)
  const isToType = !isHere && commandsBefore(stops, first) > 0
  if (!isToType) return isResumed ? [resumed] : missingBefore(stops, first, language)
  const preparation = await lecture.prepare(() => early.isEnough)
  return [...(isResumed ? [leftHere] : []), ...preparationNotice(preparation, language)]
}

/** What can be done when a lesson is at its end. */
const whatComesNext = ({ name, number }: Chapter, { language, blocks }: Lesson): string[] => {
  const { done, answers, next } = words(language)
  const following = findChapters().find(chapter => chapter.name > name)
  return [
    done,
    ...(ofKind(blocks, 'details').length > 0
      ? [`${answers}npx tsx runner.ts read ${Number(number)} --answers`]
      : []),
    ...(following ? [`${next}npx tsx runner.ts walk ${Number(following.number)}`] : []),
  ]
}

/**
 * Gives a lesson in this terminal.
 * @throws ProgramError without a terminal or a lab, UsageError for a section that is not there
 */
export const walk = async (chapter: Chapter, { language, from, isHere }: WalkOptions): Promise<void> => {
  requireTerminal()
  const lesson = lessonOf(chapter, language)
  const stops = stopsOf(lesson)
  const { place, isResumed } = beginning(chapter, lesson, from)
  const first = stopAt(stops, place)
  const ours = words(language)
  const window = new Window()
  const early = new EarlyKeys()
  let world: World | undefined
  let lecture: Lecture | undefined
  let isGiven = false
  let problem = ''
  await window.open({
    onInput: text => (lecture && isGiven ? lecture.keys.feed(text) : early.feed(text)),
    onHangUp: () => {
      early.isEnough = true
      lecture?.keys.put(HANG_UP)
    },
    // The commands before the lesson are typed in windows of one size, and no bar is shown meanwhile.
    onResize: () => isGiven && lecture?.resized(),
    onSignal: async () => world?.close(),
  })
  try {
    if (!isHere) window.print(`${ours.making}\n`)
    world = isHere ? thisMachine() : await labWorld()
    const onStop = ({ section, command }: Place): void => {
      problem = rememberIfPossible(chapter, { section, command })
    }
    lecture = new Lecture({ lesson, stops, first, window, world, onStop })
    const notice = await noticeBefore({ lecture, stops, first, isResumed, isHere, language, early })
    await sleep(EARLY_INPUT)
    isGiven = true
    const isDone = await lecture.give(notice)
    if (isDone) problem = rememberIfPossible(chapter, undefined)
    window.leaveLine()
    const last = isDone ? whatComesNext(chapter, lesson) : [farewell(chapter, lecture.stop, language)]
    window.print(`${last.join('\n')}\n`)
  } finally {
    window.close()
    await world?.close()
  }
  if (problem) throw new ProgramError(`the place could not be remembered: ${problem}`)
}
