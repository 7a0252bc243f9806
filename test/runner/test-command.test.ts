import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requirePath } from '../../runner/test/vitest-command.ts'
import { needs, repository, scaled } from '../harness/index.ts'
import { runner } from './runner.ts'

// One test of it is enough to see which files are chosen, and what is made of the exit code.
const patient = { timeout: scaled(90_000) }
const PLAIN = { NO_COLOR: '1', FORCE_COLOR: undefined }

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runner.run(['test', ...args], { env: { ...PLAIN, ...env }, timeout: scaled(80_000) })

test("only the chapter's files are run, with the arguments of vitest", patient, async () => {
  const { stdout, code } = await run(['shell', '--', '-t', 'no such test', '--passWithNoTests'])
  expect(stdout).toMatch(/Test Files .*\b2 skipped \(2\)/)
  expect(code).toBe(0)
})

test('a failure is exit code 1', { ...patient, ...needs('root', 'busybox') }, async () => {
  const { stdout, code } = await run(['2', '--', '-t', 'row 20'], { SKDOCKER_PROGRAM: '/bin/false' })
  expect(stdout).toContain('02-chroot.test.ts')
  expect(code).toBe(1)
})

test.each(['#', '%', '?'])('a path with %s, over which vitest stumbles, is named in one line', character => {
  expect(() => requirePath(`/home/me/c${character}docker`)).toThrow(
    `vitest does not run the tests in "/home/me/c${character}docker": it stumbles over "${character}": rename that directory, or copy the workbook to another`,
  )
})

test('npm test says so first', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  expect(scripts.test).toMatch(/^tsx runner\/test\/can-run\.ts && vitest run/)
})
