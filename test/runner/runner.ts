import { join } from 'node:path'
import { expect } from 'vitest'
import { type Command, type Result, repository, typescript } from '../harness/index.ts'

/** The reader's command. */
export const runner: Command = typescript(join(repository, 'runner.ts'))

/** One line on stderr, and nothing on stdout, with an exit code. */
export const oneLine = (code: number, said: RegExp): object => ({
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^skdocker: (?=[^\\n]*\\n$).*${said.source}`)),
  code,
})

/** What ended well, else an error that shows it all. */
export const requireSuccess = ({ code, signal, stdout, stderr }: Result): string => {
  if (code === 0 && stderr === '') return stdout
  throw new Error(`ended with ${code ?? signal}:\n${stdout}\n${stderr}`)
}
