/** The host's own tools for large work. They die with this program: killed, it must not leave one that goes on writing. */

import { closeSync, readFile } from 'node:fs'
import { promisify } from 'node:util'
import { clone, exitCode, libc, ProgramError, TAKES_ROOT } from '../../native/index.ts'
import { SIGCHLD } from '../../native/linux.ts'
import { dieWithParent, dup2, exec } from '../../native/steps.ts'
import { installed, lacksRight } from '../06-net/tool.ts'

// GNU tar has its own words for a full disk, and not always the kernel's.
const explain = (text: string): string => {
  const [line = ''] = text.trim().split('\n')
  if (/Wrote only|No space left/.test(text)) return `${line}: there is no space left on the disk`
  if (lacksRight(line)) return `${line}: ${TAKES_ROOT}`
  return line
}

/**
 * Runs a tool to its end.
 * @param command its name and arguments
 * @param meanwhile called with its pid once it is started; what that returns is called when it has ended
 * @throws ProgramError with the first line that it wrote to stderr, when it fails or is not there
 */
export const runTool = async (
  command: readonly [string, ...string[]],
  meanwhile: (pid: number) => () => void = () => () => {},
): Promise<void> => {
  const [tool] = command
  if (!installed(tool)) throw new ProgramError(`there is no ${tool} on PATH: install it`)
  const [end, stderr] = libc.pipe2()
  try {
    const pid = clone([dieWithParent(), dup2(stderr, 2), exec(command)], SIGCHLD)
    closeSync(stderr)
    const complaint = promisify(readFile)(end, 'utf8')
    const stop = meanwhile(pid)
    const [code, text] = await Promise.all([exitCode(pid), complaint])
    stop()
    if (code !== 0) throw new ProgramError(explain(text) || `${tool} ended with ${code}`)
  } finally {
    closeSync(end)
  }
}
