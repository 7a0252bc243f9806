import { beforeAll, onTestFinished, TestRunner } from 'vitest'

const toUndo: (() => Promise<void>)[] = []

let isBeingRead = true

/** To be called before the first test: from now on what is asked for is made at once. */
export const beginFile = (): void => {
  isBeingRead = false
}

/**
 * Makes something at once in a test or a hook. While the test file is still being read, it is made before the first
 * test that can see it: where all tests are skipped nothing is made, for nothing would be undone.
 */
export const atStart = (make: () => void): void => {
  if (isBeingRead) beforeAll(make)
  else make()
}

/**
 * Registers what must be undone: at the end of the running test, or outside of one (in beforeAll, at the
 * top of a file) at the end of the test file. The last registered is undone first.
 */
export const atEnd = (undo: () => Promise<void>): void => {
  if (TestRunner.getCurrentTest()) onTestFinished(undo)
  else atEndOfFile(undo)
}

/** Registers what is shared by the tests of a file and must be undone after the last. */
export const atEndOfFile = (undo: () => Promise<void>): void => {
  toUndo.push(undo)
}

/**
 * Undoes everything that no test has undone.
 * @throws AggregateError of what failed, after the rest was undone all the same
 */
export const endFile = async (): Promise<void> => {
  const errors: unknown[] = []
  for (const undo of toUndo.splice(0).reverse()) await undo().catch(error => errors.push(error))
  if (errors.length > 0) throw new AggregateError(errors, 'the test file could not be cleaned up')
}
