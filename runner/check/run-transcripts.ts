/** The transcripts of a chapter, run in a lab of their own. */

import { Lab, LabError } from '../lab/lab.ts'
import { leftovers, takePicture } from '../lab/lab-picture.ts'
import { type Lesson, ofKind, type Step, type Transcript } from '../lesson/lesson.ts'
import type { Names } from '../lesson/wildcards.ts'
import { whyNoLab } from '../needs/lab-needs.ts'
import { isVariant, missingNeed, unknownNeed } from '../needs/transcript-needs.ts'
import { scale } from '../scale.ts'
import type { Edit } from './edits.ts'
import type { Problem, Skip } from './problem.ts'
import { runStep, type Window, wrongPrompt } from './run-step.ts'
import { SampleTaker } from './sample-taker.ts'

/** What comes of a chapter's transcripts. The edits would make the text right. */
export type Run = {
  readonly transcripts: number
  readonly commands: number
  readonly problems: readonly Problem[]
  readonly skips: readonly Skip[]
  readonly edits: readonly Edit[]
}

/** Seconds that a command may take, unless its block says timeout=. */
export const USUAL_TIMEOUT = 60

type Sorted = { readonly chosen: Transcript[]; readonly skips: Skip[]; readonly problems: Problem[] }

// A transcript of cgroup v1 next to one of v2 leaves nothing unshown.
const isAlternative = (block: Transcript, chosen: readonly Transcript[]): boolean => {
  const missingTexts = block.needs.filter(word => missingNeed(word))
  return missingTexts.every(isVariant) && chosen.some(({ needs }) => needs.some(isVariant))
}

const chooseTranscripts = ({ file, blocks }: Lesson): Sorted => {
  const transcripts = ofKind(blocks, 'transcript')
  const problems = transcripts.flatMap(({ line, needs }) =>
    needs.flatMap(word => {
      const need = unknownNeed(word)
      return need ? [{ file, line, message: `nobody knows the need ${need}, of the block's first line` }] : []
    }),
  )
  const known = transcripts.filter(({ needs }) => !needs.some(unknownNeed))
  const lab = whyNoLab()
  const reasonFor = ({ needs }: Transcript): string | undefined =>
    lab ? `no lab: ${lab}` : needs.map(missingNeed).find(reason => reason !== undefined)
  const chosen = known.filter(block => !reasonFor(block))
  const skips = known.flatMap(block => {
    const reason = reasonFor(block)
    return reason ? [{ file, line: block.line, reason, alternative: !lab && isAlternative(block, chosen) }] : []
  })
  return { chosen, skips, problems }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Goes through the steps of a chapter, one after the other. */
class Player {
  readonly problems: Problem[] = []
  commands = 0
  transcripts = 0
  stuck = false
  #names: Names = new Map()
  readonly #file: string
  readonly #windows: ReadonlyMap<string, Window>
  readonly #samples: SampleTaker

  constructor({ file, samples }: Lesson, windows: ReadonlyMap<string, Window>, root: string) {
    this.#file = file
    this.#windows = windows
    this.#samples = new SampleTaker(samples, root)
  }

  get edits(): readonly Edit[] {
    return this.#samples.edits()
  }

  async play(blocks: readonly Transcript[]): Promise<void> {
    const script = blocks.flatMap(block => block.steps.map(step => ({ block, step })))
    for (const [index, { block, step }] of script.entries()) {
      if (this.stuck) return this.#reportRest(script.slice(index))
      const next = script.slice(index + 1).find(({ block: { terminal } }) => terminal === block.terminal)
      await this.#step(step, block, next?.step.key !== undefined)
      if (block.steps.at(-1) === step) this.transcripts += 1
    }
  }

  report(line: number, message: string, detail?: readonly string[]): void {
    this.problems.push({ file: this.#file, line, message, ...(detail && { detail }) })
  }

  async #step(step: Step, block: Transcript, keyFollows: boolean): Promise<void> {
    const window = this.#windows.get(block.terminal)!
    const wrong = wrongPrompt(step, window)
    if (wrong) this.report(step.line, wrong.message + (wrong.fatal ? ': not run' : ''))
    if (wrong?.fatal) return
    const timeout = (block.timeout ?? USUAL_TIMEOUT) * 1000 * scale
    const { names, findings, shown, stuck } = await runStep(step, window, {
      timeout,
      names: this.#names,
      keyFollows,
    })
    this.#names = names
    this.commands += 1
    this.stuck = stuck
    const differs = shown !== undefined && shown.expected !== step.expected
    for (const finding of findings) {
      const { fixable: isOfOutput, ...rest } = finding
      this.problems.push({ file: this.#file, line: step.line, ...rest, ...(isOfOutput && { fixable: differs }) })
    }
    if (shown) this.#samples.take(block, step, { ...shown, names })
  }

  #reportRest(rest: readonly { readonly step: Step }[]): void {
    const { line } = rest[0]!.step
    this.report(line, `not run from here on: ${counted(rest.length, 'command')} of this chapter`)
  }
}

const openWindows = async (lab: Lab, blocks: readonly Transcript[]): Promise<Map<string, Window>> => {
  const windows = new Map<string, Window>()
  for (const name of new Set(blocks.map(({ terminal }) => terminal)))
    windows.set(name, { name, shell: await lab.openShell(), prompt: '$ ' })
  return windows
}

/**
 * Runs the transcripts of a text, all in one lab.
 * @param root the project's directory
 */
export const runTranscripts = async (lesson: Lesson, root: string): Promise<Run> => {
  const { chosen, skips, problems } = chooseTranscripts(lesson)
  if (chosen.length === 0) return { transcripts: 0, commands: 0, problems, skips, edits: [] }
  let lab: Lab | undefined
  try {
    lab = await Lab.open({ root })
    return await runIn(lab, lesson, root, { chosen, skips, problems })
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    const failed = { file: lesson.file, line: chosen[0]!.line, message: error.message }
    return { transcripts: 0, commands: 0, problems: [...problems, failed], skips, edits: [] }
  } finally {
    await lab?.close()
  }
}

const runIn = async (lab: Lab, lesson: Lesson, root: string, { chosen, skips, problems }: Sorted): Promise<Run> => {
  const windows = await openWindows(lab, chosen)
  const before = await takePicture(lab)
  const player = new Player(lesson, windows, root)
  await player.play(chosen)
  const last = chosen.at(-1)!.end
  if (!player.stuck) await checkEnd(player, { lab, before, windows, last })
  const { transcripts, commands, edits } = player
  return { transcripts, commands, problems: [...problems, ...player.problems], skips, edits }
}

type End = {
  readonly lab: Lab
  readonly before: Awaited<ReturnType<typeof takePicture>>
  readonly windows: ReadonlyMap<string, Window>
  readonly last: number
}

const checkEnd = async (player: Player, { lab, before, windows, last }: End): Promise<void> => {
  const away = [...windows.values()].filter(({ prompt }) => prompt !== '$ ')
  for (const { name, prompt } of away) {
    const there = prompt === undefined ? 'a command still runs' : `the prompt is \`${prompt}\``
    player.report(last, `the chapter ends, and in terminal ${name} ${there}: it must be back at \`$ \``)
  }
  if (away.length > 0) return
  const left = await leftovers(lab, before)
  if (left.length > 0) player.report(last, 'the chapter does not put the machine back', left.slice(0, 20))
}
