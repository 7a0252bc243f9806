import { describe, expect, test } from 'vitest'
import { command, hostUnchanged, scaled } from '../harness/index.ts'
import { oneLine, requireSuccess, runner } from './runner.ts'

hostUnchanged()

const LOOKING = ['list', 'read', 'diff', 'xray', 'explain', 'walk', 'check', 'doctor', 'setup', 'clean', 'test']
const EXERCISING = ['start', 'try', 'hint', 'solution', 'reset']
const COMMANDS = [...LOOKING, ...EXERCISING]

describe('wrong usage is told in one line, with exit code 2', () => {
  test.each([
    [['read', 'mout'], /no text "mout": did you mean 03-mount\?/],
    [['read', '9'], /no text "9": there is .*01-shell/],
    [['diff', '3', 'alns'], /no chapter "alns": did you mean 04-allns\?/],
    [['diff', '3/main.ts', '3/mount-flag.ts'], /no program mount-flag.ts: did you mean 03-mount\/mount-flags.ts\?/],
    [['walk', 'cgruop'], /no chapter "cgruop": did you mean 05-cgroup\?/],
    [['test', '../etc'], /no chapter "..\/etc"/],
    [['red', '4'], /no command "red": did you mean read\?/],
    [['dance'], /no command "dance": there are list, read/],
    [['read'], /missing required argument 'chapter'/],
    [['read', '4', '5'], /too many arguments/],
    [['read', '4', '--lang', 'fr'], /fr.*Allowed choices are en, zh/],
    [['doctor', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [['--colour'], /unknown option '--colour'/],
  ])('%j', async (args, said) => {
    expect(await runner.run(args)).toMatchObject(oneLine(2, said))
  })
})

describe('--help has an example', () => {
  test.each([[], ...COMMANDS.map(name => [name])].map(words => [words]))('%j', async words => {
    const help = requireSuccess(await runner.run([...words, '--help']))
    expect(help).toMatch(/^Usage: npx tsx runner\.ts/)
    expect(help).toMatch(/Examples?:\n {2}.*npx tsx runner\.ts/)
  })
})

test('--version', async () => {
  expect(requireSuccess(await runner.run(['--version']))).toMatch(/^skdocker \d+\.\d+\.\d+\n$/)
})

test.each(['4', '04', 'allns', '04-allns', 'ALLNS', 'chapters/04-allns/'])(
  'a chapter may be called %s',
  async name => {
    expect(requireSuccess(await runner.run(['read', name]))).toMatch(/^04 · allns/)
  },
)

test('who reads only the beginning is left in peace', async () => {
  const line = `${runner.line(['read', '5'])} | head -1; echo \${PIPESTATUS[0]}`
  const { stdout, stderr } = await command('bash', '-c', line).run()
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^05 · .*\n0\n$/)
})

test('a full disk is told', async () => {
  const line = `${runner.line(['read', '5'])} >/dev/full`
  expect(await command('sh', '-c', line).run()).toMatchObject(oneLine(125, /ENOSPC/))
})

test('nothing at all: what this is, what can run here, and what to type next', {
  timeout: scaled(60_000),
}, async () => {
  const english = requireSuccess(
    await runner.run([], { env: { LANG: 'C', LC_ALL: undefined, LC_MESSAGES: undefined } }),
  )
  for (const said of ['workbook', '04 · allns', 'run here', 'npx tsx runner.ts read', 'npx tsx runner.ts walk'])
    expect(english).toContain(said)
  expect(requireSuccess(await runner.run([], { env: { LC_ALL: 'zh_CN.UTF-8' } }))).toContain('练习册')
})
