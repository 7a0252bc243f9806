import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { vitest } from '../../runner/test/vitest-command.ts'
import { command, needs, repository, scaled, temporaryDirectory } from './index.ts'

const OTHERS = join(repository, 'test/chapters/others')
const patient = { timeout: scaled(180_000) }
const needed = { ...patient, ...needs('root', 'busybox', 'nsenter', 'ip', 'ipcmk') }

type Outcome = { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }

/** The tests of a file, with a program in the place of main.ts. What is to fail need not be waited for long. */
const outcomes = async (program: string, file: string, patience = 1): Promise<Outcome[]> => {
  const args = ['--reporter=json', '--retry=0', `test/chapters/${file}`]
  // The programs are in this lab's /tmp, which a lab in the lab would not see.
  const env = { SKDOCKER_LABS: '0', SKDOCKER_PROGRAM: program, SKDOCKER_TIMEOUT_SCALE: `${scaled(patience)}` }
  const run = command(process.execPath, ...vitest()).run(args, { env, ...patient })
  const { stdout, stderr } = await run
  const line = stdout.split('\n').find(line => line.startsWith('{'))
  if (line === undefined) throw new Error(`no report:\n${stdout}\n${stderr}`)
  const { testResults } = JSON.parse(line) as { testResults: { assertionResults: Outcome[] }[] }
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

const named = (all: readonly Outcome[], status: string): string[] =>
  all.filter(outcome => outcome.status === status).map(({ fullName }) => fullName)

// The other files and chapters: see test/README.md, "Your own container".
describe('no test of chapter 02 passes for a program that', () => {
  test.each([
    ['says nothing and ends with 1', 'fails-silently.sh'],
    ['says boom and ends with 1', 'fails-loudly.sh'],
    ['runs the command on the host', 'runs-on-the-host.sh'],
  ])('%s', needed, async (_, name) => {
    const all = await outcomes(join(OTHERS, name), '02-chroot.test.ts', 0.2)
    expect(named(all, 'passed')).toEqual([])
    expect(named(all, 'failed').length).toBeGreaterThan(5)
  })
})

describe('every test of behaviour passes for a container', () => {
  const expectAllPass = async (program: string, file: string): Promise<void> => {
    const all = await outcomes(program, file)
    expect(all.flatMap(({ failureMessages }) => failureMessages)).toEqual([])
    expect(named(all, 'passed').length).toBeGreaterThan(5)
  }

  test('in Python, which calls unshare(2) itself and then forks', { ...needed, ...needs('python3') }, async () => {
    const { stdout: python } = await command('python3', '-c', 'import sys; print(sys.executable)').run()
    await expectAllPass(`${python.trim()} ${OTHERS}/container.py 4`, '04-allns.test.ts')
  })

  test('in C', { ...needed, ...needs('gcc') }, async () => {
    const path = join(temporaryDirectory(), 'container')
    expect(await command('gcc', '-o', path, join(OTHERS, 'container.c')).run()).toMatchObject({ code: 0 })
    await expectAllPass(`${path} 3`, '03-mount.test.ts')
  })

  test('in shell, with unshare(1) and chroot(1)', { ...needed, ...needs('setpriv') }, async () => {
    await expectAllPass(`${OTHERS}/container.sh 4`, '04-allns.test.ts')
  })
})
