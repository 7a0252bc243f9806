import type { TaskMeta } from 'vitest'
import { foreignProgram } from './program.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** The test is about our own programs, and another's was to be tested. */
    notSelected?: true
  }
}

type Options = { readonly skip: boolean; readonly meta: Partial<TaskMeta> }

/**
 * Options for test() and describe(), for what holds for the programs of the course alone: their wording, their flags,
 * what they are run by, and those that are no main.ts. With SKDOCKER_PROGRAM such tests are not selected: they are
 * neither passed nor skipped for want of anything.
 * @param options what it needs
 */
export const ours = (options: Options = { skip: false, meta: {} }): Options =>
  foreignProgram() ? { skip: true, meta: { notSelected: true } } : options
