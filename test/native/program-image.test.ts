import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { programImage } from '#native/program-image.ts'
import { chdir, exec, ignoreFailure, type Step, write } from '#native/steps.ts'
import { command, hostUnchanged, needs, temporaryDirectory } from '../harness/index.ts'

hostUnchanged()

const run = (steps: readonly Step[], isSmall = false) => {
  const path = join(temporaryDirectory(), 'program')
  writeFileSync(path, programImage(() => steps, process.arch as 'x64' | 'arm64', isSmall).bytes)
  chmodSync(path, 0o755)
  return command(path).run()
}

describe('a program file made of steps', () => {
  test('carries them out in order and ends with 0', async () => {
    const { stdout, code } = await run([write(1, 'one\n'), write(1, 'two\n')])
    expect({ stdout, code }).toEqual({ stdout: 'one\ntwo\n', code: 0 })
  })

  test('stops at the first that fails, and ends with 125', async () => {
    const { stdout, code } = await run([chdir('/no/such/directory'), write(1, 'not reached\n')])
    expect({ stdout, code }).toEqual({ stdout: '', code: 125 })
  })

  test('becomes the command of exec()', async () => {
    const { stdout, code } = await run(exec(['/bin/sh', '-c', 'echo "$0"; exit 7', 'a command']))
    expect({ stdout, code }).toEqual({ stdout: 'a command\n', code: 7 })
  })

  test('has memory for steps that take more than a page', async () => {
    const long = 'x'.repeat(100_000)
    expect((await run([write(1, long)])).stdout).toBe(long)
  })

  test('can be a few hundred bytes that do the same, and still write to their table', async () => {
    const steps = [ignoreFailure(chdir('/no/such/directory')), write(1, 'one\n'), write(1, 'two\n')]
    expect(programImage(() => steps, process.arch as 'x64' | 'arm64', true).bytes.length).toBeLessThan(1000)
    expect(await run(steps, true)).toMatchObject({ stdout: 'one\ntwo\n', code: 0 })
  })

  test('is an executable of the other architecture, too, to those who know both', needs('file'), async () => {
    const path = join(temporaryDirectory(), 'program')
    writeFileSync(path, programImage(() => [write(1, 'hello\n')], 'arm64').bytes)
    expect((await command('file', '--brief', path).run()).stdout).toMatch(/ELF 64-bit LSB executable, ARM aarch64/)
  })
})
