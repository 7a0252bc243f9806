/** A change to the host that lasts as long as this program, and is undone when it ends, be it killed. */

import { closeSync, readSync } from 'node:fs'
import { readToEnd, startTool, ToolError } from '#native/host-tool.ts'
import { exitCode, libc } from '#native/index.ts'
import { setsid } from '#native/steps.ts'

/**
 * Starts a shell that changes the host, waits until this program has ended or calls for the end, and undoes the change.
 * It waits at its stdin, a pipe whose other end only this program holds. It has a session of its own, because a signal
 * to the whole job, Ctrl-C or kill -9, is not meant for it.
 * @param what the change is, for error messages
 * @param change a script that stops at the first failure, and is then undone at once
 * @param undo a script that goes on after a failure. In it $changed is empty while the change is not finished; then the
 * caller still waits for this function, and holds the locks that it holds
 * @returns a function that undoes the change and waits until that is done
 * @throws ToolError when the change failed
 */
export const changeHostUntilDeath = async (
  what: string,
  change: string,
  undo: string,
): Promise<() => Promise<void>> => {
  const script = `
    trap '' HUP INT QUIT TERM PIPE
    changed=
    undo() { set +e; ${undo}
    }
    trap undo EXIT
    set -eu
    ${change}
    changed=yes
    echo done
    read -r end || exit 0`
  const [stdin, ownEnd] = libc.pipe2()
  const { pid, stdout, stderr } = startTool(['sh', '-c', script], stdin, [setsid()])
  if (readSync(stdout, Buffer.alloc(1)) === 0) {
    closeSync(ownEnd)
    const complaint = await readToEnd(stderr)
    await exitCode(pid)
    throw new ToolError(what, complaint)
  }
  return async () => {
    closeSync(ownEnd)
    await exitCode(pid)
  }
}
