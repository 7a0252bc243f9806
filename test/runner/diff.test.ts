import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command, hostUnchanged, repository, temporaryDirectory } from '../harness/index.ts'
import { oneLine, requireSuccess, runner } from './runner.ts'

hostUnchanged()

const text = (file: string): string => readFileSync(join(repository, 'chapters', file), 'utf8')

test('it is a patch that makes the later program of the earlier', async () => {
  const patch = requireSuccess(await runner.run(['diff', '03', '04']))
  const directory = temporaryDirectory()
  const script = `mkdir -p chapters/03-mount; cp "$1" chapters/03-mount/main.ts; patch -s chapters/03-mount/main.ts; cat chapters/03-mount/main.ts`
  const before = join(repository, 'chapters/03-mount/main.ts')
  const { stdout } = await command('sh', '-ec', script, 'sh', before).run([], { cwd: directory, input: patch })
  expect(stdout).toBe(text('04-allns/main.ts'))
})

test('one chapter alone is compared with the one before', async () => {
  expect(await runner.run(['diff', '4'])).toEqual(await runner.run(['diff', '3', '4']))
})

test('the first chapter that has a program is compared with itself: 00 has only a text', async () => {
  expect(requireSuccess(await runner.run(['diff', '1']))).toBe('They are the same.\n')
  expect(await runner.run(['diff', '0'])).toMatchObject(oneLine(2, /chapter 00-ten-minutes has no programs/))
})

test('programs can be named', async () => {
  const patch = requireSuccess(await runner.run(['diff', '03-mount/main.ts', 'chapters/03-mount/mount-flags.ts']))
  expect(patch).toMatch(/^--- chapters\/03-mount\/main\.ts\n\+\+\+ chapters\/03-mount\/mount-flags\.ts\n/)
  expect(patch).toMatch(/^\+.*MS_NOSUID/m)
})

test('the same is said to be the same', async () => {
  expect(requireSuccess(await runner.run(['diff', '4', 'allns']))).toBe('They are the same.\n')
})

test('colours only where they are wanted', async () => {
  const diff = async (env: Record<string, string | undefined>) =>
    requireSuccess(await runner.run(['diff', '4'], { env }))
  expect(await diff({ FORCE_COLOR: '1', NO_COLOR: undefined })).toContain('\x1b[32m+')
  // Node, from 22 on, has a warning of its own for this.
  expect(await diff({ FORCE_COLOR: '1', NO_COLOR: '1', NODE_NO_WARNINGS: '1' })).not.toContain('\x1b')
})
