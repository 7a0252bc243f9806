import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandLineOf } from '#native/process-state.ts'
import {
  command,
  hostUnchanged,
  needs,
  processes,
  repository,
  scaled,
  shellWords,
  temporaryDirectory,
} from '../harness/index.ts'
import { oneLine, runner } from './runner.ts'

hostUnchanged()

const patient = { timeout: scaled(90_000) }

// Who may read any file, and write none: the tests must not depend on where the project and node are installed.
const READER = '-all,+dac_read_search'
const NOBODY = [
  ...['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  ...['--inh-caps', READER, '--ambient-caps', READER, '--bounding-set', READER],
]

const state = temporaryDirectory('state')
const env = {
  // Without its cache tsx leaves no directory of this user's in /tmp.
  TSX_DISABLE_CACHE: '1',
  NODE_COMPILE_CACHE: undefined,
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
  LC_ALL: 'C',
  HOME: '/nonexistent',
  XDG_STATE_HOME: state,
  SKDOCKER_HOME: join(state, 'home'),
}

const asNobody = (...args: string[]) =>
  command(...NOBODY, ...shellWords(runner.line(args))).run([], { env, timeout: scaled(80_000) })

describe('a user who is not root', needs('root', 'setpriv', 'pty'), () => {
  test('is told by clean where only root may look', async () => {
    expect(await asNobody('clean')).toMatchObject({
      stdout: expect.stringMatching(
        /^(Nothing of skdocker was found where this user may look\..*|(.*\n)+.*--yes does it\.)\n$/,
      ),
      stderr: expect.stringMatching(
        /^not looked at: network devices: only root.*\nnot looked at: firewall rules: only root.*\n$/,
      ),
    })
  })

  test('is offered at home what works: the rest begins with sudo', async () => {
    const { stdout } = await asNobody()
    const offered = [...stdout.matchAll(/^ {2}((?:sudo )?npx tsx runner\.ts .*?) {2}/gm)].map(([, line]) => line!)
    expect(offered).toContain('npx tsx runner.ts read 0')
    expect(offered).toContain('sudo npx tsx runner.ts walk 0')
    for (const line of offered.filter(line => !line.startsWith('sudo '))) {
      const [, , , ...args] = line.split(' ')
      expect(await asNobody(...args)).toMatchObject({ code: 0, stderr: '' })
    }
  })

  test('tries what needs no root', patient, async () => {
    const { stdout, stderr, code } = await asNobody('try', '01', '--', 'bash')
    expect({ stdout, stderr, code }).toMatchObject({
      stdout: expect.stringMatching(/^( {2}✓ .*\n){13}\nAll 13 hold/),
      stderr: '',
      code: 0,
    })
  })

  test('has nothing left of what was tried, whatever it started', patient, async () => {
    const { stdout } = await asNobody(
      'try',
      '01',
      '--',
      'bash',
      '-c',
      'setsid sleep 4322 >/dev/null 2>&1 & exec bash',
    )
    expect(stdout).toMatch(/^ {2}✓ /)
    const left = processes().map(({ pid }) => commandLineOf(pid))
    expect(left.filter(line => line.includes('sleep 4322'))).toEqual([])
  })

  test.each([
    ['try', '04', '--', 'bash'],
    ['try', '04', 'whose-number'],
    ['try', '04', '--calls', '--', 'bash'],
  ])('is told what to do where root is needed: %s %s %s', async (...words) => {
    expect(await asNobody(...words)).toMatchObject(
      oneLine(125, /no lab can be made here: this takes root: run it again with sudo/),
    )
  })

  test('runs the tests, though node_modules is root’s', patient, async () => {
    const { stdout, stderr, code } = await asNobody('test', '1', '--', '-t', 'no such test', '--passWithNoTests')
    expect(stderr).not.toContain('EACCES')
    expect(stdout).toMatch(/Test Files /)
    expect(code).toBe(0)
  })
})

test('npm test reads its configuration in the same way', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  expect(scripts.test).toMatch(/&& vitest run --configLoader runner$/)
})
