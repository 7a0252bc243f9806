/** A lesson as a way with stops: some text, and then a command that waits to be typed, or the end of a section. */

import { type Block, type Lesson, ofKind, type Step, type Transcript } from '../lesson/lesson.ts'
import type { Place } from './walk-place.ts'

export type Stop = Place & {
  /** what is to be read on the way to it */
  readonly blocks: readonly Block[]
  /** what waits there; undefined at the end of a section */
  readonly step: Step | undefined
  /** the window that it is typed into */
  readonly terminal: string | undefined
  /** what a machine must have for the command */
  readonly needs: readonly string[]
  /** seconds that the command may take; undefined: the usual time */
  readonly timeout: number | undefined
  /** what the teacher wanted to remember on the way to it */
  readonly notes: readonly string[]
}

type Draft = { blocks: Block[]; notes: string[] }

const empty = (): Draft => ({ blocks: [], notes: [] })

/** What a block has to be typed: a hidden answer is not to be given away. */
const transcriptsIn = (block: Block): Transcript[] =>
  block.kind === 'details' ? [] : ofKind([block], 'transcript')

const stopsIn = (blocks: readonly Block[], section: number): Stop[] => {
  const stops: Stop[] = []
  let draft = empty()
  const add = (step: Step | undefined, transcript: Transcript | undefined): void => {
    const { terminal, needs = [], timeout } = transcript ?? {}
    stops.push({ ...draft, section, command: stops.length, step, terminal, needs, timeout })
    draft = empty()
  }
  for (const block of blocks) {
    if (block.kind === 'notes') draft.notes.push(block.text)
    else if (block.kind !== 'transcript') draft.blocks.push(block)
    for (const transcript of transcriptsIn(block)) for (const step of transcript.steps) add(step, transcript)
  }
  add(undefined, undefined)
  return stops
}

/** All stops of a lesson, in order; each section ends with one. */
export const stopsOf = ({ sections }: Pick<Lesson, 'sections'>): Stop[] =>
  sections.flatMap(({ heading, blocks }, section) => stopsIn(heading ? [heading, ...blocks] : blocks, section))

/** The index of a place, or of the nearest before it, should the text have become shorter. */
export const stopAt = (stops: readonly Stop[], { section, command }: Place): number => {
  const index = stops.findLastIndex(
    stop => stop.section < section || (stop.section === section && stop.command <= command),
  )
  return Math.max(0, index)
}

/** The windows that a lesson types into, `one` first. */
export const terminalsOf = (stops: readonly Stop[]): string[] => [
  ...new Set(['one', ...stops.flatMap(({ terminal }) => terminal ?? [])]),
]
