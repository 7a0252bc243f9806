/** What an exercise is. A chapter declares its own in exercises.ts: what a reader gets, what must be so, and what helps. */

import type { Trial } from './trial.ts'

/** What is said to a reader, in both languages. */
export type Words = { readonly en: string; readonly zh: string }

/** A place in a program of the chapter, found by its text, with what stands there instead. */
export type Change = {
  /** whole lines of the program, as they stand there; they must be there once */
  readonly lines: string
  /** what comes in their place; nothing by default */
  readonly instead?: string
}

/** A place that is left open for the reader. */
export type Gap = Change & {
  /** what is to be true once it is filled: a comment at the place. In a program to be mended the place is not given away */
  readonly comment?: Words
  /** from a nudge to nearly the line */
  readonly hints: readonly [Words, Words, Words]
}

/**
 * Looks whether something is so.
 * @throws NotSo, with what was seen
 */
export type Look = (trial: Trial) => Promise<void>

/** One thing that must be so. */
export type Check = {
  readonly title: Words
  /** Looks whether it is so. */
  readonly look: Look
  /** the idea, for somebody who has not got it yet */
  readonly why: Words
  /** a command with which the reader sees it; PROGRAM stands for theirs */
  readonly see: string
  /** the heading of the section to read again, in the English text */
  readonly section: string
  /** which gap is to be filled for it, counted from 0; none for what was there before */
  readonly gap?: number
  /** a plausible mistake, put into the chapter's program: this check fails for it, and none before it does */
  readonly mistake: Change
}

/** What it takes to try an exercise. */
type Needs = {
  /** false for what a reader can try who is not root: it is run without a lab, as the reader, on the machine itself */
  readonly needsRoot?: boolean
}

/** A program to be written, or to be mended. */
export type ProgramExercise = Needs & {
  readonly kind: 'write' | 'mend'
  /** how it is called beside its chapter: `main`, `shared-root` */
  readonly name: string
  readonly title: Words
  /** the file of the chapter that the reader's takes the place of */
  readonly file: string
  /** the file that is run, where it is another: `main.ts`, which imports `./cgroup.ts`; a copy of it stands beside the reader's */
  readonly runs?: string
  /** the arguments with which its system calls are shown; `busybox /bin/true` by default */
  readonly sample?: readonly string[]
  /** what is to be done, or the symptom: the first lines of the reader's file */
  readonly task: Words
  /** what makes the reader's file of the chapter's */
  readonly gaps: readonly Gap[]
  /** in the order in which one builds it */
  readonly checks: readonly Check[]
}

/** A question whose answer is typed. What it is about is run, so that it cannot differ from what the reader would see. */
export type QuestionExercise = Needs & {
  readonly kind: 'predict' | 'trace'
  readonly name: string
  readonly title: Words
  readonly question: Words
  /** a command for bash, in a lab; PROGRAM stands for the program below. It is shown before the question */
  readonly command: string
  /** the chapter's program that it runs, and what is changed in it: nothing, where no root is needed */
  readonly program?: { readonly file: string; readonly changes: readonly Change[] }
  /** whether the reader sees the output before the answer: a trace is read, a prediction is not */
  readonly showsOutput: boolean
  /** whether an answer is right. Spaces at its ends are gone, and it is in small letters */
  readonly isRight: (answer: string, output: string) => boolean
  /** answers that must be right and wrong, for the output that was seen: held by a test */
  readonly examples: { readonly right: readonly string[]; readonly wrong: readonly string[] }
  /** what is said after the right answer */
  readonly answer: Words
  readonly hints: readonly [Words, Words, Words]
  readonly section: string
}

export type Exercise = ProgramExercise | QuestionExercise

/** Whether an exercise is a program, and no question. */
export const isProgram = (exercise: Exercise): exercise is ProgramExercise =>
  exercise.kind === 'write' || exercise.kind === 'mend'

/** The number of a gap in the reader's file: of those that have a comment there. Undefined for one that has none. */
export const numberOfGap = ({ gaps }: ProgramExercise, gap: number): number | undefined =>
  gaps[gap]?.comment && gaps.slice(0, gap + 1).filter(({ comment }) => comment).length

/** A check that did not hold, with what was seen. */
export class NotSo extends Error {
  readonly seen: Words

  /** @param seen what the kernel said, with its values */
  constructor(seen: Words) {
    super(seen.en)
    this.seen = seen
  }
}

/** Throws NotSo unless it is so. */
export function must(isSo: boolean, seen: Words): asserts isSo {
  if (!isSo) throw new NotSo(seen)
}
