import { join } from 'node:path'
import { clone, exitCode, type ProgramError } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { exec, type Step } from '#native/steps.ts'
import { type Command, repository, typescript } from '../harness/index.ts'

/** What clone() takes. */
export type Program = readonly (Step | readonly Step[])[]

/** Clones, and waits for the exit code. */
export const run = async (program: Program, how = SIGCHLD): Promise<number> => exitCode(clone(program, how))

/** What clone(), or the wait for it, throws. */
export const errorOf = async (program: () => Program, how?: number): Promise<ProgramError> => {
  let code: number
  try {
    code = await run(program(), how)
  } catch (error) {
    return error as ProgramError
  }
  throw new Error(`there was no error: the child ended with ${code}`)
}

/** A shell of the host. */
export const sh = (script: string): Step[] => exec(['/bin/sh', '-c', script])

/** A program in programs/, run by itself. */
export const programOf = (name: string): Command => typescript(join(repository, 'test/native/programs', name))
