/** A change to the host that lasts as long as this program, and is undone when it ends, be it killed. */

import { closeSync, read, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { DEADLINE, readToEnd, startTool, ToolError } from '#native/host-tool.ts'
import { exitCode, libc } from '#native/index.ts'
import { SIGKILL } from '#native/linux.ts'
import { childrenOf } from '#native/process-state.ts'
import { setsid } from '#native/steps.ts'

const killChildren = (pid: number): void => {
  for (const child of childrenOf(pid)) libc.kill(child, SIGKILL)
}

/** Waits for what a shell does. A tool of it that does not end is killed, so that the shell can undo the change. */
const withDeadline = async <T>(pid: number, act: Promise<T>): Promise<T> => {
  const timer = setInterval(killChildren, DEADLINE, pid)
  try {
    return await act
  } finally {
    clearInterval(timer)
  }
}

/**
 * Starts a shell that changes the host, waits until this program has ended or calls for the end, and undoes the change.
 * It waits at its stdin, a pipe whose other end only this program holds. It has a session of its own, because a signal
 * to the whole job, Ctrl-C or kill -9, is not meant for it.
 * @param what the change is, for error messages
 * @param change a script that stops at the first failure, and is then undone at once
 * @param undo a script that goes on after a failure. In it $locked is empty when this program is gone: then nobody holds
 * the locks for the script, which has to take them itself
 * @returns a function that undoes the change and waits until that is done. Its caller holds the locks, as the caller of
 * changeHostUntilDeath() does
 * @throws ToolError when the change failed
 */
export const changeHostUntilDeath = async (
  what: string,
  change: string,
  undo: string,
): Promise<() => Promise<void>> => {
  const script = `
    trap '' HUP INT QUIT TERM PIPE
    locked=yes
    undo() { set +e; ${undo}
    }
    trap undo EXIT
    set -eu
    ${change}
    echo done
    read -r locked || exit 0`
  const [stdin, ownEnd] = libc.pipe2()
  const { pid, stdout, stderr } = startTool(['sh', '-c', script], stdin, [setsid()])
  const { bytesRead } = await withDeadline(pid, promisify(read)(stdout, Buffer.alloc(1), 0, 1, null))
  if (bytesRead === 0) {
    closeSync(ownEnd)
    const complaint = await readToEnd(stderr)
    await exitCode(pid)
    throw new ToolError(what, complaint)
  }
  return async () => {
    writeSync(ownEnd, 'yes\n')
    closeSync(ownEnd)
    await withDeadline(pid, exitCode(pid))
  }
}
