/** A pseudo-terminal, in which `walk` and `check` have their shells. */

import { isMusl } from '#native/ffi.ts'
import { loadPty } from '../terminal/node-pty.ts'
import { type Finding, missing, ok } from './finding.ts'

const subject = { id: 'pty', name: 'pseudo-terminal', chapters: [], commands: ['walk', 'check'] }

const ANSWER = 7
const PATIENCE = 5000 // ms

const exitInPty = async (): Promise<number | undefined> => {
  const pty = loadPty().spawn('/bin/sh', ['-c', `[ -t 0 ] && exit ${ANSWER}`], {})
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

/** Tries to run a program in a pseudo-terminal. */
export const pseudoTerminal = async (): Promise<Finding> => {
  if (isMusl()) return missing(subject, 'node-pty is not made for musl', 'take a system with glibc, such as Debian')
  try {
    const code = await exitInPty()
    if (code === ANSWER) return ok(subject, 'ran a shell in one')
    return missing(
      subject,
      `a shell in one ended with ${code}`,
      'is devpts mounted? mount -t devpts devpts /dev/pts',
    )
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n')
    return missing(subject, line, 'run "npm run setup"; /dev/ptmx and devpts must be there: pts(4)')
  }
}
