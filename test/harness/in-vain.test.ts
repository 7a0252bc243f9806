import { describe, expect, test } from 'vitest'
import { Container } from '../chapters/container.ts'
import { command, commandOf, eventually, hostShell, initOf, type LiveProcess, needs, scaled } from './index.ts'

const boom = command('sh', '-c', 'echo begun; echo boom >&2; exit 1')

/** All that can be waited for of a program that runs with pipes. */
const WAITS: Readonly<Record<string, (live: LiveProcess) => Promise<unknown>>> = {
  'the first process of a container': live => initOf(live),
  'a command': live => commandOf(live),
  'something that is looked for': live => eventually('it', () => undefined, { program: live }),
  'something on stdout': live => live.stdout.waitFor('ready'),
  'something on stderr': live => live.stderr.waitFor('ready'),
  'the answer of a shell in a container': live => new Container(live, live.pid).ask('hostname'),
}

/** What a wait that fails says, and that it has not waited on. */
const failureOf = async (wait: Promise<unknown>): Promise<string> => {
  const begun = performance.now()
  const error = await wait.then(
    () => new Error('there was no failure'),
    error => error as Error,
  )
  expect(performance.now() - begun, 'milliseconds until the failure').toBeLessThan(scaled(5000))
  return error.message
}

describe('of a program that ended at once', () => {
  test.each(Object.keys(WAITS))(
    '%s is no longer waited for, and the error shows its output and exit code',
    async what => {
      const message = await failureOf(WAITS[what]!(await boom.start()))
      expect(message).toMatch(/\nended with 1\nstdout:\nbegun\n\nstderr:\nboom\n$/)
    },
  )

  test(
    'in a terminal nothing is waited for, and the error shows the screen and the exit code',
    needs('pty'),
    async () => {
      const terminal = await boom.terminal()
      expect(await failureOf(terminal.waitFor('ready'))).toMatch(/ended with 1, the screen:\nbegun\nboom\n$/)
      expect(await failureOf(initOf(terminal))).toMatch(/ended with 1, the screen:\nbegun\nboom\n$/)
    },
  )

  test('typed into a shell it has ended when the prompt is there again', needs('pty'), async () => {
    const shell = await hostShell()
    shell.enter(boom.line())
    expect(await failureOf(initOf(shell))).toMatch(/before the program ended\n.*begun\nboom\nhost\$ $/s)
  })
})

test('of a program that still runs the error shows what it has written so far', async () => {
  const live = await command('sh', '-c', 'echo so far >&2; exec sleep 78').start()
  await live.stderr.waitFor('so far')
  await expect(initOf(live, { timeout: 100 })).rejects.toThrow(
    /100 ms\n.*\nstill runs\nstdout:\n\nstderr:\nso far\n$/,
  )
})
