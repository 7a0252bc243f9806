/** Asks the reader, in a terminal or through a pipe. */

import { createInterface } from 'node:readline/promises'

/** The line that is answered; undefined when the input ends without one. */
export const askLine = async (question: string): Promise<string | undefined> => {
  const dialogue = createInterface({ input: process.stdin, output: process.stdout })
  const ended = new Promise<undefined>(resolve => dialogue.once('close', () => resolve(undefined)))
  try {
    return await Promise.race([dialogue.question(question), ended])
  } finally {
    dialogue.close()
  }
}

/** Whether the answer is yes. Without a terminal nobody is asked, and it is no. */
export const askYes = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  return /^(y(es)?|是)$/i.test((await askLine(question))?.trim() ?? '')
}
