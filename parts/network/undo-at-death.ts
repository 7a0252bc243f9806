/** What is done to the host for as long as this program lives, and is taken back when it ends, be it killed. */

import { closeSync, readSync } from 'node:fs'
import { readToEnd, startTool, ToolError } from '#native/host-tool.ts'
import { exitCode, libc } from '#native/index.ts'
import { setsid } from '#native/steps.ts'

/**
 * Starts a shell that does something, and undoes it when this program has ended or says so: when nobody holds the other
 * end of its stdin any more. It is in a session of its own: a signal to the whole job, Ctrl-C or kill -9, is not meant
 * for it.
 * @param called how its errors begin
 * @param make a script; it stops at the first failure, and then it is undone at once
 * @param undo a script; each of its commands is tried, whatever became of the one before. $made tells whether all was
 * done: while it is empty the caller still waits, and what he has locked is locked
 * @returns what undoes it, and waits until that is done
 * @throws ToolError when it cannot be done
 */
export const hold = async (called: string, make: string, undo: string): Promise<() => Promise<void>> => {
  const script = `
    trap '' HUP INT QUIT TERM PIPE
    made=
    undo() { set +e; ${undo}
    }
    trap undo EXIT
    set -eu
    ${make}
    made=yes
    echo done
    read -r end || exit 0`
  const [stdin, life] = libc.pipe2()
  const { pid, stdout, stderr } = startTool(['sh', '-c', script], stdin, [setsid()])
  if (readSync(stdout, Buffer.alloc(1)) === 0) {
    closeSync(life)
    const complaint = readToEnd(stderr)
    await exitCode(pid)
    throw new ToolError(called, complaint)
  }
  return async () => {
    closeSync(life)
    await exitCode(pid)
  }
}
