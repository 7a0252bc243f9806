/** What varies in a transcript: its steps show a sample, and expect lines with wildcards. */

import type { Flaw, Transcript, Varies } from './lesson.ts'
import { ANY_LINES, hasWildcard, matchLine, type Names } from './wildcards.ts'

type WithVaries = { readonly block: Transcript; readonly flaws: readonly Flaw[]; readonly samples: Names }

/**
 * Takes each line of a comment for the next line of output that it matches.
 * @param samples what the names stand for in the text so far
 */
export const withVaries = (transcript: Transcript, varies: Varies | undefined, samples: Names): WithVaries => {
  const left = [...(varies?.lines ?? [])]
  const flaws: Flaw[] = []
  let known = samples
  const steps = transcript.steps.map(step => {
    const expected = step.output.map((line, index) => {
      const names = left.length === 0 || line === ANY_LINES ? undefined : matchLine(left[0]!, line, known)
      if (names) {
        known = names
        return left.shift()!
      }
      if (hasWildcard(line)) {
        const message = `a reader would see the wildcard in \`${line}\`: --update puts what was shown there`
        flaws.push({ line: step.outputLine + index, message, fixable: true })
      }
      return line
    })
    return { ...step, expected }
  })
  if (left.length > 0) {
    const message = `no line of the transcript is \`${left[0]}\`, which the comment above it says`
    flaws.push({ line: varies!.line, message })
  }
  return { block: { ...transcript, varies, steps }, flaws, samples: known }
}
