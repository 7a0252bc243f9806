/** What a text should show of the commands that were run: samples, with comments that say what varies in them. */

import type { Step, Transcript } from '../lesson/lesson.ts'
import { hasWildcard, type Names, sampleLine } from '../lesson/wildcards.ts'
import type { Edit } from './edits.ts'
import { alignOutput } from './match-output.ts'
import { type Pair, variesEdit, variesLines } from './varies-comment.ts'

type Shown = {
  readonly lines: readonly string[]
  /** the lines, as many as the text should have, with wildcards */
  readonly expected: readonly string[]
  /** what the names stand for after the step */
  readonly names: Names
}

/** The directory of the workbook in every sample. It replaces the author's own, which is nobody's business. */
const SAMPLE_ROOT = '/home/anna/skdocker'

const areSame = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n')

/** Takes what steps have shown, and makes edits of it. */
export class SampleTaker {
  /** What the names stand for in the text. A name that the text has no sample for gets the first one that was shown. */
  #samples: Names
  readonly #pairs = new Map<Transcript, Map<Step, readonly Pair[]>>()
  readonly #root: string

  /** @param root the project's directory */
  constructor(samples: Names, root: string) {
    this.#samples = samples
    this.#root = root
  }

  take(block: Transcript, step: Step, shown: Shown): void {
    this.#samples = new Map([...shown.names, ...this.#samples])
    const steps = this.#pairs.get(block) ?? new Map<Step, readonly Pair[]>()
    this.#pairs.set(block, steps.set(step, this.#pairsOf(step, shown)))
  }

  #pairsOf(step: Step, { lines, expected, names }: Shown): Pair[] {
    const places = alignOutput(expected, lines, names)?.places ?? []
    const kept = step.expected.map((line, i) => ({ expected: line, sample: step.output[i]! }))
    return expected.map((line, i) => {
      if (!hasWildcard(line)) return { expected: line, sample: line }
      const old = kept.findIndex(pair => pair.expected === line && !hasWildcard(pair.sample))
      if (old >= 0) return kept.splice(old, 1)[0]!
      const place = places[i]
      return {
        expected: line,
        sample: place === undefined ? line : this.#sample(line, lines[place]!, names),
      }
    })
  }

  #sample(expected: string, shown: string, names: Names): string {
    return sampleLine(expected, shown, names, this.#samples).replaceAll(this.#root, SAMPLE_ROOT)
  }

  /** The edits that make the text show samples of what was shown. */
  edits(): Edit[] {
    return [...this.#pairs].flatMap(([block, taken]) => {
      const pairs = block.steps.map(
        step => taken.get(step) ?? step.output.map((sample, i) => ({ sample, expected: step.expected[i]! })),
      )
      const outputs = block.steps.flatMap((step, i): Edit[] => {
        const lines = pairs[i]!.map(({ sample }) => sample)
        if (areSame(lines, step.output)) return []
        return [{ line: step.outputLine, count: step.output.length, lines, fence: block.line }]
      })
      const varies = variesLines(pairs.flat())
      return areSame(varies, block.varies?.lines ?? []) ? outputs : [...outputs, variesEdit(block, varies)]
    })
  }
}
