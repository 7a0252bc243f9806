import { constants } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  children,
  hostShell,
  hostUnchanged,
  isAlive,
  needs,
  openDescriptors,
  type Terminal,
} from '../harness/index.ts'
import { programOf } from './run.ts'

const { O_NONBLOCK, O_APPEND } = constants

/** The flags of the terminal as the next program in the window finds them. */
const flagsIn = (terminal: Terminal): number[] =>
  openDescriptors(terminal.pid)
    .filter(({ fd }) => fd < 3)
    .map(({ flags }) => flags & (O_NONBLOCK | O_APPEND))

describe('flags of the terminal that a child has changed (row 19)', () => {
  hostUnchanged()

  const start = async (): Promise<Terminal> => {
    const terminal = await hostShell()
    // They are those of an open terminal, not of a descriptor: the shell, the program and the child share them.
    expect(flagsIn(terminal)).toEqual([0, 0, 0])
    terminal.enter(programOf('changed-flags.ts').line())
    await terminal.waitFor(/^changed$/m)
    expect(flagsIn(terminal)).toEqual([O_NONBLOCK | O_APPEND, O_NONBLOCK | O_APPEND, O_NONBLOCK | O_APPEND])
    return terminal
  }

  test('are put back when the program ends', needs('pty'), async () => {
    const terminal = await start()
    terminal.type('\x03')
    await terminal.waitFor(/host\$ /)
    expect(flagsIn(terminal)).toEqual([0, 0, 0])
  })

  test('are put back when it is killed', needs('pty'), async () => {
    const terminal = await start()
    const [program] = children(terminal.pid)
    process.kill(program!.pid, 'SIGKILL')
    await terminal.waitFor(/host\$ /)
    expect(isAlive(program!.pid)).toBe(false)
    await expect.poll(() => flagsIn(terminal)).toEqual([0, 0, 0])
  })
})
