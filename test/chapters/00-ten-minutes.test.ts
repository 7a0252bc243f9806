/** The program that chapter 00 has its reader type. It is no file of the repository: the test takes it from the text. */

import { symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { lessonOf } from '../../runner/lesson/chapters.ts'
import { ofKind } from '../../runner/lesson/lesson.ts'
import { chapterNamed } from '../../runner/lesson/text-named.ts'
import {
  type Command,
  command,
  hostUnchanged,
  initOf,
  namespaces,
  needs,
  ours,
  repository,
  temporaryDirectory,
  typescript,
} from '../harness/index.ts'
import { Container, leaveAtEnd } from './container.ts'

const OWN = ['uts', 'pid', 'mnt', 'net', 'ipc'] as const
const FILE = 'container.ts'

/** What the text writes into a file, by the one here-document that it has. */
const typed = (): string => {
  const steps = ofKind(lessonOf(chapterNamed('00'), 'en').blocks, 'transcript').flatMap(({ steps }) => steps)
  const texts = steps.flatMap(({ command }) => /<<'END'\n(.*\n)END$/s.exec(command)?.[1] ?? [])
  expect(texts).toHaveLength(1)
  return texts[0]!
}

hostUnchanged()

describe('00-ten-minutes/, what the reader types', ours(needs('root', 'busybox')), () => {
  let container: Command
  let directory: string
  // A directory that is below a package of its own, as work/ is below that of the workbook.
  beforeEach(() => {
    directory = temporaryDirectory()
    for (const name of ['native', 'node_modules']) symlinkSync(join(repository, name), join(directory, name))
    const imports = { '#native/*': './native/*' }
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', imports }))
    writeFileSync(join(directory, FILE), typed())
    container = typescript(join(directory, FILE))
  })

  test('has five namespaces and a name of its own, and is process 1', async () => {
    const runtime = await container.start(['/bin/sh'])
    leaveAtEnd(runtime)
    const shell = new Container(runtime, await initOf(runtime))
    const [inside, host] = [namespaces(shell.init), namespaces()]
    expect(OWN.filter(type => inside[type] === host[type])).toEqual([])
    expect(await shell.ask('echo $$; hostname')).toBe('1\nmine\n')
    expect(hostname()).not.toBe('mine')
  })

  test('is right in its types', async () => {
    const tsc = command(join(repository, 'node_modules/.bin/tsc'), '--project', directory)
    const config = { extends: join(repository, 'tsconfig.json'), include: [FILE] }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
    expect(await tsc.run()).toMatchObject({ stdout: '', code: 0 })
  })
})
