import { describe, expect, test } from 'vitest'
import { CommandTimeout, Shell, WindowClosed } from '../../runner/terminal/shell.ts'
import { bashrc, shellEnvironment } from '../../runner/terminal/shell-environment.ts'
import { needs } from '../harness/index.ts'

const TIMEOUT = { timeout: 20_000 }

const withShell = async (words: readonly string[], use: (shell: Shell) => Promise<void>): Promise<void> => {
  const shell = new Shell(words, { cwd: '/', env: shellEnvironment() })
  try {
    await shell.answer(TIMEOUT)
    await use(shell)
  } finally {
    // It ends with its terminal, as a window that is closed.
    shell.type('\x03')
    shell.type('exit\r')
    await shell.close()
  }
}

const bash = (use: (shell: Shell) => Promise<void>) =>
  withShell(['bash', '--noprofile', '--rcfile', bashrc, '-i'], use)

const ask = async (shell: Shell, command: string) => {
  await shell.enter(command)
  return shell.answer(TIMEOUT)
}

describe('a shell in a window', needs('pty', 'bash'), () => {
  test('tells output from prompt and command', () =>
    bash(async shell => {
      expect(await ask(shell, 'echo one; echo "$ two"')).toEqual({ lines: ['one', '$ two'], prompt: '$ ' })
      expect(await ask(shell, 'true')).toEqual({ lines: [], prompt: '$ ' })
      expect(await ask(shell, 'printf "a\\nb"')).toEqual({ lines: ['a', 'b'], prompt: '$ ' })
      expect(await ask(shell, 'echo; echo')).toEqual({ lines: ['', ''], prompt: '$ ' })
    }))

  test('sees what a terminal shows, not what a program writes', () =>
    bash(async shell => {
      expect((await ask(shell, 'printf "\\033[31mred\\033[0m\\n10%%\\r99%%\\n"')).lines).toEqual(['red', '99%'])
      expect((await ask(shell, 'echo x; clear; echo y')).lines).toEqual(['y'])
      expect((await ask(shell, 'printf "%0250d\\n" 7')).lines).toEqual([`${'0'.repeat(249)}7`])
      expect((await ask(shell, `echo ${'字'.repeat(70)}`)).lines).toEqual(['字'.repeat(70)])
    }))

  test('reads more than a window holds', () =>
    bash(async shell => {
      const { lines } = await ask(shell, 'seq 3000')
      expect([lines.length, lines[0], lines.at(-1)]).toEqual([3000, '1', '3000'])
    }))

  test('types commands of any length and many lines', () =>
    bash(async shell => {
      for (const length of [90, 97, 98, 99, 100, 101, 198, 250]) {
        const command = `: ${'x'.repeat(length - 10)}; echo a`
        expect((await ask(shell, command)).lines, String(length)).toEqual(['a'])
      }
      expect((await ask(shell, 'for i in 1 2\ndo echo $i\ndone')).lines).toEqual(['1', '2'])
    }))

  test('ends the waiting for what hangs, and says what it has shown', () =>
    bash(async shell => {
      await shell.enter('echo a; sleep 75')
      await expect(shell.answer({ timeout: 1500 })).rejects.toThrow(CommandTimeout)
      shell.press('C')
      expect((await shell.answer(TIMEOUT)).prompt).toBe('$ ')
    }))

  test('says that it has ended', () =>
    bash(async shell => {
      await shell.enter('exit')
      await expect(shell.answer(TIMEOUT)).rejects.toThrow(WindowClosed)
    }))

  test('finds the prompt of busybox, which asks where the cursor is', needs('busybox', 'root'), () =>
    bash(async shell => {
      const repository = new URL('../..', import.meta.url).pathname
      const { prompt, lines } = await ask(shell, `chroot ${repository}busybox /bin/sh`)
      expect([prompt, lines.join()]).toEqual(['/ # ', expect.stringContaining('BusyBox')])
      expect(await ask(shell, 'cd tmp')).toEqual({ lines: [], prompt: '/tmp # ' })
      expect(await ask(shell, 'printf x')).toEqual({ lines: ['x'], prompt: '/tmp # ' })
      expect(await ask(shell, 'exit')).toEqual({ lines: [], prompt: '$ ' })
    }),
  )

  test('finds the prompt of a shell that does not mark it', needs('pty', 'bash'), () =>
    bash(async shell => {
      expect((await ask(shell, 'env -u ENV PS1="$ " sh')).prompt).toBe('$ ')
      expect(await ask(shell, 'echo a')).toEqual({ lines: ['a'], prompt: '$ ' })
      expect((await ask(shell, 'exit')).prompt).toBe('$ ')
    }),
  )
})
