/** The inside of a ```console fence: what is typed, and what is expected to come of it. */

import type { Flaw, Key, Step } from './lesson.ts'

const HOST = '$ '

// Busybox shows the directory: `/ # `, `/tmp # `, and `~ # ` at home.
const PROMPT = /^(?:\$|(?:\/\S*|~\S*) #) /

const KEY = /^\^([CDZ])$/

type Draft = Omit<Step, 'output' | 'expected' | 'end' | 'outputLine'> & { output: string[]; outputLine: number }

const begin = (line: string, prompt: string, number: number): Draft => {
  const command = line.slice(prompt.length)
  const key = KEY.exec(command)?.[1] as Key | undefined
  return {
    line: number,
    prompt,
    where: prompt === HOST ? 'host' : 'container',
    command,
    key,
    output: [],
    outputLine: number + 1,
  }
}

// Markdown tools take the space at the end of a line away: `/ #` is the prompt, with nothing typed.
const promptOf = (line: string): string | undefined => PROMPT.exec(`${line} `)?.[0]

/**
 * Takes a transcript apart.
 * @param text of the fence
 * @param firstLine where it stands in the file
 */
export const parseTranscript = (
  text: string,
  firstLine: number,
): { readonly steps: readonly Step[]; readonly flaws: readonly Flaw[] } => {
  const steps: Draft[] = []
  const flaws: Flaw[] = []
  for (const [index, raw] of text.replace(/\n$/, '').split('\n').entries()) {
    const number = firstLine + index
    const line = raw.trimEnd()
    const prompt = promptOf(line)
    const step = steps.at(-1)
    const key = KEY.exec(line)?.[1] as Key | undefined
    if (step && key) {
      // The line is the key alone, as a terminal shows it while the command runs.
      steps.push({ ...begin(line, '', number), where: step.where, key })
    } else if (prompt) {
      steps.push(begin(line, prompt, number))
    } else if (!step) {
      flaws.push({ line: number, message: 'a transcript begins with a command: `$ ` or `/ # `' })
    } else if (/^>( |$)/.test(line) && step.output.length === 0 && !step.key) {
      steps[steps.length - 1] = {
        ...step,
        command: `${step.command}\n${line.slice(2)}`,
        outputLine: number + 1,
      }
    } else {
      step.output.push(line)
    }
  }
  const complete = steps.map(step => ({
    ...step,
    expected: step.output,
    end: step.outputLine + step.output.length - 1,
  }))
  return { steps: complete, flaws }
}
