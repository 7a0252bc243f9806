/** Says in one line why the tests cannot run here, before vitest says it in many. `npm test` begins with it. */

import { explain } from '../explain-error.ts'
import { vitest } from './vitest-command.ts'

try {
  vitest()
} catch (error) {
  const { line, exitCode } = explain(error)
  console.error(`skdocker: ${line}`)
  process.exitCode = exitCode
}
