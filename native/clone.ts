/** clone(2) for Node: the child is a list of steps. */

import { cInt } from './argument.ts'
import { Caretaker, letGo } from './caretaker.ts'
import { inheritance } from './inheritance.ts'
import { CLONE_VM } from './linux.ts'
import { Page } from './page.ts'
import type { Step } from './steps.ts'
import { restoreTerminal } from './terminal.ts'
import { traceChild } from './trace.ts'

/** A child between clone() and exitCode(). */
export type Child = {
  readonly pid: number
  readonly steps: readonly Step[]
  readonly page: Page
  readonly caretaker: Caretaker | undefined
}

/** The children of this program that nobody has waited for yet, by pid. */
export const children = new Map<number, Child>()

/**
 * A program as a child can carry it out: with a clean start for what it execs, itself or in a child of its own.
 * One step object stands for one result, so a step that is used twice becomes two.
 */
export const complete = (program: readonly (Step | readonly Step[])[]): Step[] => {
  const steps = program.flat().map(step => ({
    ...step,
    ...(step.undo && { undo: step.undo.map(undo => ({ ...undo })) }),
    ...(step.child && { child: complete(step.child) }),
  }))
  const exec = steps.findIndex(({ call }) => call === 'execve')
  return exec === -1 ? steps : steps.toSpliced(exec, 0, ...inheritance())
}

let terminalInCare = false

// Once: what is put back is what this program found, and that is done when this program ends.
const takeCareOfTerminal = (): void => {
  if (terminalInCare) return
  terminalInCare = true
  const undo = restoreTerminal()
  if (undo.length === 0) return
  const caretaker = new Caretaker(undo)
  caretaker.hire(new Page([caretaker.steps]), 0)
}

/**
 * Makes a child process that carries out steps, the last of which is usually exec(), in new namespaces or in ours.
 * It returns at once; exitCode() tells how it went, and which step failed if one did.
 *
 * Node cannot fork: most of its memory is not copied to a child (MADV_DONTFORK), and JavaScript cannot run on the
 * stack that clone(2) wants. So the child runs machine code made of the steps, and nothing else, until it execs.
 *
 * @param program the steps, in order
 * @param how CLONE_NEW… flags, and SIGCHLD
 * @param pidNamespace a descriptor of an existing pid namespace to be born in: a child cannot enter one by itself
 * @returns the child's pid
 * @throws SystemCallError when there is no child, ProgramError for arguments that C does not have
 * Source: clone(2), pid_namespaces(7)
 */
export const clone = (program: readonly (Step | readonly Step[])[], how: number, pidNamespace?: number): number => {
  cInt('clone', how)
  takeCareOfTerminal()
  const given = complete(program)
  const undo = given.toReversed().flatMap(step => step.undo ?? [])
  const caretaker = undo.length > 0 ? new Caretaker(undo) : undefined
  const steps = [...letGo(), ...letGo(caretaker ? [caretaker] : []), ...given]
  let page: Page | undefined
  let pid: number
  try {
    page = new Page([steps, ...(caretaker ? [caretaker.steps] : [])])
    caretaker?.hire(page, 1)
    // With the memory shared nothing is copied, and every result is visible here at once.
    pid = page.launch(0, how | CLONE_VM, pidNamespace)
  } catch (error) {
    caretaker?.dismissNow()
    page?.unmap()
    throw error
  }
  traceChild(pid, steps, page)
  children.set(pid, { pid, steps, page, caretaker })
  return pid
}
