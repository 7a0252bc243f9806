import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../runner/doctor/examine-machine.ts'
import type { Finding } from '../../runner/doctor/finding.ts'
import {
  type Command,
  command,
  hostUnchanged,
  repository,
  scaled,
  temporaryDirectory,
  typescript,
} from '../harness/index.ts'
import { machine, needsSkdocker } from '../skdocker/little-host.ts'

hostUnchanged(machine)

const patient = { timeout: scaled(120_000) }
const ROOMS = ['chapters', 'native', 'parts', 'runner', 'skdocker', 'test', 'web']
const FILES = ['package.json', 'package-lock.json', 'runner.ts', 'tsconfig.json', 'vitest.config.ts']

/**
 * A workbook of its own, as a clone is, with its busybox and the packages.
 * @param without the packages that are missing
 */
const workbook = (name: string, without: readonly string[] = []): string => {
  const directory = temporaryDirectory(name)
  for (const room of ROOMS) cpSync(join(repository, room), join(directory, room), { recursive: true })
  for (const file of FILES) copyFileSync(join(repository, file), join(directory, file))
  mkdirSync(join(directory, 'busybox/bin'), { recursive: true })
  copyFileSync(join(repository, 'busybox/bin/busybox'), join(directory, 'busybox/bin/busybox'))
  const packages = readdirSync(join(repository, 'node_modules')).filter(
    each => !without.includes(each) && (!each.startsWith('.') || each === '.package-lock.json'),
  )
  mkdirSync(join(directory, 'node_modules'))
  for (const each of packages)
    symlinkSync(join(repository, 'node_modules', each), join(directory, 'node_modules', each))
  return directory
}

const setupOf = (directory: string): Command => typescript(join(directory, 'runner/setup.ts')).on(machine)

/** What the doctor of a workbook has found, by its id. */
const doctorsFindings = async (directory: string, env: Record<string, string>) => {
  const doctor = typescript(join(directory, 'runner.ts'))
  const { stdout } = await doctor.run(['doctor', '--json'], { env, timeout: scaled(50_000) })
  const { findings }: Report = JSON.parse(stdout)
  return (wanted: string): Finding => findings.find(({ id }) => id === wanted)!
}

describe('setup is complete when it has seen what the README promises', needsSkdocker, () => {
  test('with SKDOCKER_HOME the images are where skdocker looks for them', patient, async () => {
    const directory = workbook('workbook')
    const env = { SKDOCKER_HOME: join(directory, 'elsewhere') }
    const before = await doctorsFindings(directory, env)
    for (const id of ['busybox', 'images'])
      expect(before(id)).toMatchObject({ state: 'missing', cure: expect.stringContaining('run "npm run setup"') })
    const setup = await setupOf(directory).run([], { env, cwd: directory, timeout: scaled(100_000) })
    expect(setup.stderr).toBe('')
    expect(setup.stdout).toMatch(/\n {2}works: npm run hello\n(.*\n)*Setup is complete\.\n$/)
    expect(setup.code).toBe(0)
    expect(existsSync(join(directory, 'images'))).toBe(false)
    const after = await doctorsFindings(directory, env)
    for (const id of ['busybox', 'images']) expect(after(id).state).toBe('ok')
    const hello = command(process.execPath, join(directory, 'skdocker/skdocker.js')).on(machine)
    expect(await hello.run(['run', '--rm', 'hello'], { env })).toMatchObject({
      stdout: expect.stringContaining('Hello from a container!'),
      code: 0,
    })
    rmSync(join(env.SKDOCKER_HOME, 'images/hello.json'))
    const later = await doctorsFindings(directory, env)
    expect(later('images')).toMatchObject({ state: 'missing', found: 'without hello.json' })
  })

  test('without vitest, as with NODE_ENV=production, it is not', patient, async () => {
    const directory = workbook('no vitest', ['vitest'])
    const { stdout, stderr, code } = await setupOf(directory).run([], { cwd: directory, timeout: scaled(100_000) })
    expect(stderr).toMatch(/^setup: vitest is not installed: run "npm run setup"\n$/)
    expect(stdout).not.toContain('complete.')
    expect(code).toBe(1)
  })

  test('what does not work is named with its own cure', patient, async () => {
    const directory = workbook('no ip')
    const path = temporaryDirectory('PATH')
    for (const tool of ['sh', 'tar', 'bash', 'nsenter', 'unshare', 'mount'])
      symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(path, tool))
    const env = { PATH: path }
    const { stderr, code } = await setupOf(directory).run([], { env, cwd: directory, timeout: scaled(100_000) })
    expect(stderr.split('\n').at(-2)).toMatch(
      /^setup: it is not complete: "npm run hello" does not work: .*there is no ip on PATH: (install iproute2|it is in )/,
    )
    expect(code).toBe(1)
  })
})

test('"npm run setup" installs what the tests need, whatever NODE_ENV says', patient, async () => {
  const { setup } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts
  const install = /npm install [^&]*/.exec(setup)![0].trim()
  const directory = workbook('production')
  const run = (line: string) =>
    command('sh', '-c', `${line} --dry-run --offline`).run([], { cwd: directory, env: { NODE_ENV: 'production' } })
  expect((await run('npm install')).stdout).toMatch(/removed \d+ packages/)
  expect((await run(install)).stdout).not.toContain('removed')
})

describe('an old Node is told in one line, whatever it is to run', () => {
  const OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.20.8'}})`
  const withTsx = ['--import', OLD, '--import', 'tsx']
  test.each([
    ['native/require-node.js'],
    ['runner.ts', 'setup'],
    ['runner/setup.ts'],
    ['chapters/01-shell/main.ts'],
    ['chapters/04-allns/main.ts', 'busybox', '/bin/true'],
    ['skdocker/main.ts', 'ps'],
    ['skdocker/skdocker.js', 'ps'],
  ])('%s', async (...words) => {
    expect(await command(process.execPath, ...withTsx, ...words).run()).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(
        /^skdocker: this takes Node 20\.19 or newer, and this is 18\.20\.8: .*nodejs\.org/,
      ),
      code: 125,
    })
  })

  test('"npm run setup" asks for it first', () => {
    const { setup } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts
    expect(setup).toMatch(/^node native\/require-node\.js && /)
  })
})
