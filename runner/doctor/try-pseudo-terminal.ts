/** A pseudo-terminal, in which `walk` and `check` have their shells. */

import { isMusl } from '#native/ffi.ts'
import { loadPty } from '../terminal/node-pty.ts'
import { type Finding, missing, ok } from './finding.ts'

const subject = { id: 'pty', name: 'pseudo-terminal', chapters: [], commands: ['walk', 'check'] }

const ANSWER = 7
const PATIENCE = 5000 // ms

const exitInPty = async ({ spawn }: ReturnType<typeof loadPty>): Promise<number | undefined> => {
  const pty = spawn('/bin/sh', ['-c', `[ -t 0 ] && exit ${ANSWER}`], {})
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      pty.kill('SIGKILL')
      resolve(undefined)
    }, PATIENCE)
    pty.onExit(({ exitCode }) => {
      clearTimeout(timer)
      resolve(exitCode)
    })
  })
}

const DEVPTS = 'pseudo-terminals are in devpts: "mount -t devpts devpts /dev/pts"'

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0] ?? ''

const tryShell = async (pty: ReturnType<typeof loadPty>): Promise<Finding> => {
  try {
    const code = await exitInPty(pty)
    return code === ANSWER
      ? ok(subject, 'ran a shell in one')
      : missing(subject, `a shell in one ended with ${code}`, DEVPTS)
  } catch (error) {
    return missing(subject, firstLine(error), DEVPTS)
  }
}

/** Tries to run a program in a pseudo-terminal. */
export const pseudoTerminal = async (): Promise<Finding> => {
  if (isMusl()) return missing(subject, 'node-pty is not made for musl', 'take a system with glibc, such as Debian')
  try {
    return await tryShell(loadPty())
  } catch (error) {
    return missing(subject, firstLine(error), 'install the packages for this machine: "npm run setup"')
  }
}
