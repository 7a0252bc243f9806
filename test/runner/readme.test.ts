/** What the README and its pages say of the project, and no transcript can show. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ofKind } from '../../runner/lesson/lesson.ts'
import { readLesson } from '../../runner/lesson/read-lesson.ts'
import { repository } from '../harness/repository.ts'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

/** The cells of the first column of a table, below a heading. */
const firstColumn = (path: string, heading: string): string[] => {
  const section = read(path).split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  return rows.slice(2).map(row => row.split('|')[1]!.trim())
}

const REFERENCES = [
  { path: 'docs/reference.md', packages: 'Packages', programs: 'Programs' },
  { path: 'docs/reference.zh-CN.md', packages: '用到的包', programs: '程序' },
]

describe.each(REFERENCES)('$path', ({ path, packages, programs }) => {
  test('says why there is each of the packages, and names no other', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'))
    expect(firstColumn(path, packages).sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).sort())
  })

  test('names programs that are there, and the main.ts of each chapter', () => {
    const named = firstColumn(path, programs).flatMap(cell => /`([^`]*)`/.exec(cell)?.[1] ?? [])
    expect(named.filter(program => !existsSync(join(repository, program)))).toEqual([])
    const mains = readdirSync(join(repository, 'chapters')).map(chapter => `chapters/${chapter}/main.ts`)
    expect(named).toEqual(expect.arrayContaining(mains.filter(main => existsSync(join(repository, main)))))
  })
})

/** The lines of a picture of a terminal, from top to bottom, without its labels and the last prompt. */
const linesOf = (svg: string): string[] => {
  const lines = new Map<number, string[]>()
  for (const [, y, content = ''] of svg.matchAll(/<text(?![^>]*label)[^>]* y="(\d+)">(.*?)<\/text>/g)) {
    lines.set(Number(y), [...(lines.get(Number(y)) ?? []), content.replace(/<[^>]*>/g, '')])
  }
  const sorted = [...lines].sort(([one], [other]) => one - other)
  return sorted.map(([, texts]) => texts.join(' ')).slice(0, -1)
}

const words = (line: string): string => line.trim().replace(/\s+/g, ' ')

test.each(['README.md', 'README.zh-CN.md'])(
  'the picture of a session shows what the transcript of %s does',
  name => {
    const language = name === 'README.md' ? 'en' : 'zh'
    const transcripts = ofKind(readLesson(join(repository, name), language).blocks, 'transcript')
    const { steps } = transcripts.find(block =>
      block.steps.some(({ command }) => command.includes('chapters/04-allns')),
    )!
    const said = steps.flatMap(({ prompt, command, output }) => [`${prompt}${command}`, ...output])
    const shown = linesOf(read('assets/session.svg')).map(words)
    expect(shown).toEqual(said.map(words).filter(line => line !== '...'))
  },
)

const STEP_PAGES = ['docs/steps.md', 'docs/steps.zh-CN.md']

/** The names of functions in the first column of a page's tables. */
const functionsIn = (path: string): string[] => [...read(path).matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name!)

/** What is exported of the steps, by the names that a reader imports. */
const exportedSteps = (): string[] =>
  [...read('native/steps.ts').matchAll(/^export const (\w+) = \(/gm)].map(([, name]) => name!)

describe.each(STEP_PAGES)('%s', path => {
  test('lists every step', () => {
    expect(functionsIn(path)).toEqual(expect.arrayContaining(exportedSteps()))
  })

  test('links to files in which the step is used', () => {
    const rows = [...read(path).matchAll(/^\| `(?:new )?(\w+)\([^|]*\| [^|]*\| \[([^\]]*)\]/gm)]
    expect(rows.length).toBeGreaterThan(30)
    expect(rows.filter(([, name, file]) => !new RegExp(`\\b${name}\\b`).test(read(file!)))).toEqual([])
  })
})
