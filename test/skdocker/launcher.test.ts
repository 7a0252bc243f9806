/** skdocker.js: what Node has made of a file once it does not make again. Under a Node that cannot, it is tsx's. */

import {
  appendFileSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { plainNode } from '../../runner/needs/plain-node.ts'
import { command, hostUnchanged, needs, repository, temporaryDirectory } from '../harness/index.ts'

hostUnchanged()

let project: string
let modules: string
let cache: string

/** A project that is as ours, and may be changed. */
beforeEach(() => {
  project = join(temporaryDirectory(), 'project')
  modules = join(project, 'node_modules')
  cache = join(modules, '.skdocker')
  mkdirSync(modules, { recursive: true })
  for (const name of ['chapters', 'native', 'parts', 'skdocker', 'package.json'])
    cpSync(join(repository, name), join(project, name), { recursive: true })
  for (const name of readdirSync(join(repository, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(repository, 'node_modules', name), join(modules, name))
})

const main = () => join(project, 'skdocker/main.ts')

const launcher = (node: string) => command(node, join(project, 'skdocker/skdocker.js'))

const help = async (node = process.execPath): Promise<string> => {
  // What Node keeps by itself is to be kept where the launcher says.
  const { code, stdout, stderr } = await launcher(node).run(['--help'], { env: { NODE_COMPILE_CACHE: undefined } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const USAGE = 'usage: skdocker [--trace] <command> [argument...]'

/** The files that are kept, by what is in them. */
const keptOf = (text: string): string[] =>
  readdirSync(cache, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ name }) => join(cache, name))
    .filter(path => readFileSync(path, 'utf8').includes(text))

describe('a Node that strips types', needs('plain-node'), () => {
  const node = plainNode() as string

  test('does so once', async () => {
    expect(await help(node)).toContain(USAGE)
    const [kept, ...others] = keptOf("showCommands('skdocker'")
    expect(others).toEqual([])
    writeFileSync(kept!, "console.log('kept')")
    expect(await help(node)).toBe('kept\n')
  })

  test('does so anew for a file that has changed', async () => {
    await help(node)
    const { atime, mtime } = statSync(main())
    writeFileSync(main(), "const changed: string = 'changed'\nconsole.log(changed)\n")
    // Times tell nothing: git and cp -p set them back.
    utimesSync(main(), atime, mtime)
    expect(await help(node)).toBe('changed\n')
  })

  test('leaves what it keeps to the owner of the project', async () => {
    chownSync(modules, 1234, 1234)
    await help(node)
    const inside = readdirSync(cache).map(name => join(cache, name))
    const directories = [cache, ...inside].filter(path => statSync(path).isDirectory())
    for (const directory of directories) expect(statSync(directory)).toMatchObject({ uid: 1234, gid: 1234 })
  })

  test('names the line of a mistake', async () => {
    appendFileSync(main(), '\nthrow new Error(`mistake`)\n')
    const lines = readFileSync(main(), 'utf8').split('\n').length - 1
    const { stderr } = await launcher(node).run(['ps'])
    expect(stderr).toContain(`main.ts:${lines}`)
  })
})

test('works where nothing can be kept', async () => {
  writeFileSync(cache, 'a file')
  expect(await help()).toContain(USAGE)
  expect(await help()).toContain(USAGE)
})

test('is what npx calls', async () => {
  const { bin } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const path = join(repository, bin.skdocker)
  const { code, stdout } = await command(path).run(['--help'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(USAGE) })
})
