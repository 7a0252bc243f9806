/** The steps of a text, typed into a page's shells and compared as check does it. */

import { runStep, type Window, wrongPrompt } from '../check/run-step.ts'
import { USUAL_TIMEOUT } from '../check/run-transcripts.ts'
import type { Lesson, Step } from '../lesson/lesson.ts'
import type { Names } from '../lesson/wildcards.ts'
import { scale } from '../scale.ts'
import { CONTROL_KEYS } from '../terminal/shell.ts'
import type { PageShells } from './page-shells.ts'
import { pageWords } from './page-words.ts'
import type { StepResult } from './protocol.ts'
import { isKeyNext, scriptOf } from './script.ts'

/** What a name of a wildcard stands for, and the step that said so. */
type Bound = { readonly value: string; readonly step: number }

export class PageSteps {
  readonly #shells: PageShells
  readonly #lesson: Lesson
  readonly #script: ReturnType<typeof scriptOf>
  readonly #results = new Map<number, StepResult>()
  #names = new Map<string, Bound>()
  /** the windows in which a step runs */
  readonly #busy = new Set<string>()

  constructor(shells: PageShells, lesson: Lesson) {
    this.#shells = shells
    this.#lesson = lesson
    this.#script = scriptOf(lesson)
  }

  get results(): StepResult[] {
    return [...this.#results.values()]
  }

  /** Forgets what was done: the lab is another. */
  forget(): void {
    this.#results.clear()
    this.#names.clear()
    this.#busy.clear()
  }

  /**
   * Types a step, and compares what comes of it.
   * @param tell is told that it runs, and how it went
   * @throws ProgramError where there is no lab
   */
  async run(number: number, tell: (result: StepResult) => void): Promise<void> {
    const line = this.#script[number]
    if (!line) return
    const report = (result: Omit<StepResult, 'step'>): void => {
      this.#results.set(number, { step: number, ...result })
      tell({ step: number, ...result })
    }
    const { terminal } = line.block
    const shell = await this.#shells.open(terminal)
    if (this.#busy.has(terminal) && line.step.key) return shell.type(CONTROL_KEYS[line.step.key])
    const prompt = this.#busy.has(terminal) ? undefined : shell.promptAtCursor
    const window: Window = { name: terminal, shell, prompt }
    const refusal = this.#refusal(line.step, window)
    if (refusal) return report({ state: 'refused', message: refusal })
    this.#busy.add(terminal)
    report({ state: 'running' })
    try {
      report(await this.#type(number, window))
    } finally {
      this.#busy.delete(terminal)
    }
  }

  /** Why a step is not typed now: what is meant for a container must never reach a shell of the host. */
  #refusal(step: Step, window: Window): string | undefined {
    if (!wrongPrompt(step, window)?.fatal) return undefined
    const words = pageWords(this.#lesson.language)
    if (window.prompt === undefined) return words.busy
    return step.where === 'container' ? words.inside : words.outside
  }

  async #type(number: number, window: Window): Promise<Omit<StepResult, 'step'>> {
    const { block, step } = this.#script[number]!
    const wrong = wrongPrompt(step, window)
    const names = this.#namesBefore(number)
    const { names: now, findings } = await runStep(step, window, {
      timeout: (block.timeout ?? USUAL_TIMEOUT) * 1000 * scale,
      names,
      keyFollows: isKeyNext(this.#script, number),
    })
    this.#bind(now, number)
    const [finding] = [...(wrong ? [wrong] : []), ...findings]
    if (!finding) return { state: 'same' }
    const { message, detail = [] } = findings[0] ?? { message: wrong!.message }
    return { state: 'different', message, detail }
  }

  // A step that is done again says anew what its names stand for, and so may all that come after it.
  #namesBefore(number: number): Names {
    const known = [...this.#names].filter(([, { step }]) => step < number)
    return new Map(known.map(([name, { value }]) => [name, value]))
  }

  #bind(now: Names, number: number): void {
    const before = [...this.#names].filter(([, { step }]) => step < number)
    const fresh = [...now].map(([name, value]) => [name, { value, step: number }] as const)
    this.#names = new Map([...fresh, ...before])
  }
}
