import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findChapters, findText, findTexts } from '../../runner/lesson/chapters.ts'
import { type Block, flat, type Lesson, ofKind } from '../../runner/lesson/lesson.ts'
import { parseLesson, plain } from '../../runner/lesson/parse-lesson.ts'
import { repository } from '../harness/repository.ts'
import { fence } from './check-fixture.ts'

const parse = (source: string): Lesson => parseLesson(source, { file: '/README.md', language: 'en' })
const only = <T extends Block>(blocks: readonly T[]): T => {
  expect(blocks).toHaveLength(1)
  return blocks[0]!
}

describe('a lesson', () => {
  test('has its blocks in order, each with its lines', () => {
    const { blocks, title } = parse(
      '# 01 · a: b\n\nwords\nand more\n\n- one\n- two\n\n1. x\n\n> said\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n---\n',
    )
    expect(title).toBe('01 · a: b')
    expect(blocks.map(({ kind, line, end }) => [kind, line, end])).toEqual([
      ['heading', 1, 1],
      ['paragraph', 3, 4],
      ['list', 6, expect.any(Number)],
      ['list', 9, expect.any(Number)],
      ['quote', 11, expect.any(Number)],
      ['table', 13, expect.any(Number)],
      ['rule', 17, 17],
    ])
    const table = only(ofKind(blocks, 'table'))
    expect(table.rows.map(row => row.map(plain))).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
    expect(table.align).toEqual(['left', 'right'])
    expect(ofKind(blocks, 'list').map(({ ordered, items }) => [ordered, items.length])).toEqual([
      [false, 2],
      [true, 1],
    ])
  })

  test('has a section for each heading of level 1 and 2', () => {
    const { sections } = parse('# a\n\nx\n\n## b\n\n### c\n\ny\n\n## d\n')
    expect(sections.map(({ heading, blocks }) => [heading?.text, blocks.length])).toEqual([
      ['a', 1],
      ['b', 2],
      ['d', 0],
    ])
  })

  test('has pictures, notes and hidden answers', () => {
    const { blocks, flaws } = parse(
      '<img src="a.svg" width="600" alt="a &quot;b&quot;">\n\n<!-- notes: say it\ntwice -->\n\n<details>\n<summary>Why?</summary>\n\nBecause.\n\n```console\n$ true\n```\n\n</details>\n\n<!-- other -->\n',
    )
    expect(flaws).toEqual([])
    expect(blocks.map(({ kind }) => kind)).toEqual(['picture', 'notes', 'details', 'html'])
    expect(only(ofKind(blocks, 'picture'))).toMatchObject({ src: 'a.svg', width: '600', alt: 'a "b"' })
    expect(only(ofKind(blocks, 'notes')).text).toBe('say it\ntwice')
    expect(only(ofKind(blocks, 'details')).summary).toEqual([{ text: 'Why?', isCode: false }])
    expect([...flat(blocks)].map(({ kind }) => kind)).toContain('transcript')
  })

  test.each([
    ['<details>\n<summary>?</summary>\n\nx\n', 1, '<details> is not closed'],
    ['x\n\n</details>\n', 3, '</details> without <details>'],
    ['```console teminal=two\n$ a\n```\n', 1, /^teminal= says nothing to a transcript/],
    ['```console timeout=long\n$ a\n```\n', 1, 'timeout=long is no number of seconds'],
    ['```console\n\nout\n$ a\n```\n', 2, /^a transcript begins with a command/],
    ['```ts file=a.ts form="x"\n```\n', 1, /^form says nothing to an excerpt/],
    ['```ts file=a.ts to="x"\n```\n', 1, 'to= takes a from='],
    ['```ts from="x"\n```\n', 1, /names no file/],
    ['```ts whole\n```\n', 1, /^the fence says whole/],
    ['```c hole\n```\n', 1, /^the fence says hole/],
  ])('%j has a flaw in line %i', (source, line, message) => {
    const [flaw] = parse(source).flaws
    expect(flaw).toMatchObject({ line, message: expect.stringMatching(message) })
  })

  test('knows where its links are', () => {
    const { links } = parse('a\n[b](c.md#d) and\n[e](https://f/)\n\n- [x](y.md)\n\n<a href="z.md">z</a>\n')
    expect(links).toEqual([
      { line: 2, href: 'c.md#d' },
      { line: 3, href: 'https://f/' },
      { line: 5, href: 'y.md' },
      { line: 7, href: 'z.md' },
    ])
  })
})

describe('a transcript', () => {
  const steps = (...lines: string[]) => only(ofKind(parse(fence('console', ...lines)).blocks, 'transcript')).steps

  test('says what it needs, and where it is typed', () => {
    const { blocks } = parse(fence('console root nft|iptables terminal=two timeout=60', '$ true'))
    expect(only(ofKind(blocks, 'transcript'))).toMatchObject({
      needs: ['root', 'nft|iptables'],
      terminal: 'two',
      timeout: 60,
    })
  })

  test('is commands with their output', () => {
    expect(steps('$ a', 'one', '', 'two', '/ # b', '/tmp # c', 'three', '~ # d', '$ e')).toMatchObject([
      { prompt: '$ ', where: 'host', command: 'a', output: ['one', '', 'two'], line: 2, outputLine: 3, end: 5 },
      { prompt: '/ # ', where: 'container', command: 'b', output: [], line: 6, outputLine: 7, end: 6 },
      { prompt: '/tmp # ', command: 'c', output: ['three'] },
      { prompt: '~ # ', command: 'd' },
      { prompt: '$ ', command: 'e' },
    ])
  })

  test('has commands of many lines', () => {
    expect(steps('$ cat <<END', '> a', '>', '> END', 'a', '> no more')).toMatchObject([
      { command: 'cat <<END\na\n\nEND', output: ['a', '> no more'], line: 2, outputLine: 6 },
    ])
  })

  test('has keys, alone or after a prompt', () => {
    expect(steps('$ sleep 9', '^C', '$ ^D', '/ # ^Z')).toMatchObject([
      { command: 'sleep 9', key: undefined },
      { prompt: '', key: 'C' },
      { prompt: '$ ', key: 'D' },
      { prompt: '/ # ', key: 'Z', where: 'container' },
    ])
  })
})

test('an excerpt names its file and region', () => {
  const { blocks } = parse(fence('ts file=../main.ts from="const a = \\"x\\"" to="]"', 'text'))
  expect(only(ofKind(blocks, 'excerpt'))).toMatchObject({
    path: '../main.ts',
    from: 'const a = "x"',
    to: ']',
    text: 'text\n',
  })
})

test.each([
  ['c whole', true],
  ['c', false],
])('a fence ```%s is a whole program: %s', (info, isWhole) => {
  const { blocks, flaws } = parse(fence(info, 'int main(void) {}'))
  expect(only(ofKind(blocks, 'code'))).toMatchObject({ language: 'c', isWhole })
  expect(flaws).toEqual([])
})

test.each([
  ['The caretaker', 'the-caretaker'],
  ['What `chroot(2)` does, and why?', 'what-chroot2-does-and-why'],
  ['native：TypeScript 怎样够到内核', 'nativetypescript-怎样够到内核'],
  ['07 · unionfs: many', '07--unionfs-many'],
  ['a_b-c', 'a_b-c'],
])('the anchor of the heading %j is that of GitHub', (heading, anchor) => {
  expect([...parse(`# ${heading}\n`).anchors]).toEqual([anchor])
})

test('equal headings have different anchors', () => {
  expect([...parse('# a\n# a\n# a-1\n# a\n').anchors]).toEqual(['a', 'a-1', 'a-1-1', 'a-2'])
})

describe('the chapters', () => {
  test('are in order, and are texts beside others', () => {
    const chapters = findChapters()
    expect(chapters.map(({ number }) => Number(number))).toEqual(chapters.map((_, index) => index))
    expect(chapters[0]).toMatchObject({ name: '00-ten-minutes', shortName: 'ten-minutes' })
    expect(findTexts().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['README', 'CONTRIBUTING', 'native', '08-container']),
    )
  })

  test('every page of docs/ is a text, in both languages', () => {
    const pages = readdirSync(`${repository}docs`).map(name => `${repository}docs/${name}`)
    const files = findTexts().flatMap(text => [text.files.en, text.files.zh])
    expect(pages).toContain(`${repository}docs/machines.md`)
    expect(files.filter(file => file.includes('/docs/')).sort()).toEqual(pages.sort())
  })

  test.each(['machines', 'machines.md', 'docs/machines.md', 'docs/machines.zh-CN.md'])('%s is found', word => {
    expect(findText(findTexts(), word)?.name).toBe('machines')
  })

  test.each([
    '3',
    '03',
    'mount',
    '03-mount',
    'chapters/03-mount',
    'chapters/03-mount/',
    'chapters/03-mount/README.md',
  ])('%s is found', word => {
    expect(findText(findTexts(), word)?.name).toBe('03-mount')
  })

  test.each(['33', 'moun', '', 'README.txt'])('%j is not', word => {
    expect(findText(findTexts(), word)).toBeUndefined()
  })
})
