import { describe, expect, test } from 'vitest'
import { svgFault } from '../../runner/check/svg-fault.ts'
import { needs } from '../harness/index.ts'
import { EN, Fixture, fence, ZH } from './check-fixture.ts'
import { runner } from './runner.ts'

const MAIN = 'one\n  const child = [\n    exec(),\n  ]\nlast\n'
const files = { 'chapters/01-fix/main.c': MAIN }
const region = (...lines: string[]) => fence('c file=main.c from="const child" to="]"', ...lines)

describe('excerpts', () => {
  test('of a region, a line and a whole file are the code', async () => {
    const text = [
      region('const child = [', '  exec(),', ']'),
      fence('c file=main.c from="last"', 'last'),
      fence('c file=main.c', ...MAIN.trimEnd().split('\n')),
    ].join('\n')
    const fixture = new Fixture(text, files)
    expect(await fixture.findings()).toEqual([])
    expect((await fixture.check()).counts.excerpts).toBe(6)
  })

  test('that are not are shown with what the code says, in both languages', async () => {
    const findings = await new Fixture(`x\n\n${region('const child = [', '  exec(old),', ']')}`, files).findings()
    const rest = 'the excerpt differs from main.c\n  const child = [\n-   exec(old),\n+   exec(),\n  ]'
    expect(findings).toEqual([`${EN}:3: ${rest}`, `${ZH}:3: ${rest}`])
  })

  test.each([
    ['c file=gone.c', /:1: the excerpt is of gone.c, and there is no such file/],
    ['c file=main.c from="nowhere"', /:1: the excerpt is not to be found in main.c: no line begins with "nowhere"/],
    ['c file=main.c from="last" to="x"', /after "last" no line begins with "x"/],
  ])('```%s', async (info, message) => {
    const [finding] = await new Fixture(fence(info, 'x'), files).findings()
    expect(finding).toMatch(message)
  })

  test('are rewritten by --update, in lists too', async () => {
    const wrong = region('wrong')
    const fixture = new Fixture(`${wrong}\n- item\n\n${wrong.replace(/^(?=.)/gm, '  ')}`, files)
    const { updated } = await fixture.check(true)
    expect([...updated].sort()).toEqual([EN, ZH])
    const right = region('const child = [', '  exec(),', ']')
    expect(fixture.read(EN)).toBe(`${right}\n- item\n\n${right.replace(/^(?=.)/gm, '  ')}`)
    expect(fixture.read(ZH)).toBe(fixture.read(EN))
    expect(await fixture.findings()).toEqual([])
    expect((await fixture.check(true)).updated).toEqual([])
  })

  test('are filled in by --update where a fence is empty', async () => {
    const fixture = new Fixture(`a\n\n${region()}\nb\n`, files)
    await fixture.check(true)
    expect(fixture.read(EN)).toBe(`a\n\n${region('const child = [', '  exec(),', ']')}\nb\n`)
    expect(fixture.read(ZH)).toBe(fixture.read(EN))
  })
})

describe('languages', () => {
  test.each([
    [
      'a block',
      `# a\n\n${fence('c', 'x')}\nb\n`,
      '# a\n\nb\n',
      `${EN}:3: a block \`\`\`c is missing in README.zh-CN.md, about line 3`,
    ],
    ['a heading', '# a\n', '# a\n\n## b\n', `${ZH}:3: a heading of level 2 is missing in README.md, about its end`],
    ['an item', '- a\n- b\n', '- a\n', `${EN}:1: a list of 2 items is missing in README.zh-CN.md, about line 1`],
    [
      'a note',
      '# a\n\n<!-- notes: x -->\n',
      '# a\n',
      `${EN}:3: a teacher's note is missing in README.zh-CN.md, about its end`,
    ],
  ])('%s that only one has', async (_, en, zh, message) => {
    expect(await new Fixture(en, { [ZH]: zh }).findings()).toContain(message)
  })

  test('a fence that differs', async () => {
    const findings = await new Fixture(fence('sh', 'a', 'b'), { [ZH]: `字\n\n${fence('sh', 'a', 'c')}` }).findings()
    expect(findings).toContain(`${ZH}:3: the block \`\`\`sh differs from that in README.md:1\n  a\n- c\n+ b`)
  })

  test('a fence of text may', async () => {
    expect(await new Fixture(fence('text', 'a'), { [ZH]: fence('text', '字') }).findings()).toEqual([])
  })

  test('a text that is not there', async () => {
    const fixture = new Fixture('# a\n', { [EN.replace('01', '02')]: '# b\n' })
    const { checkText } = await import('../../runner/check/check-text.ts')
    const { findTexts } = await import('../../runner/lesson/chapters.ts')
    const { problems } = await checkText(findTexts(fixture.root)[1]!, { root: fixture.root })
    expect(problems).toMatchObject([{ line: 1, message: 'there is no such text' }])
  })
})

describe('links', () => {
  test('to files and headings, also of other scripts', async () => {
    const text =
      '# 标题 一\n\n[a](other.md#b) [c](#标题-一) [d](#%E6%A0%87%E9%A2%98-%E4%B8%80) [e](https://f.example/#g) [h](.)\n'
    const fixture = new Fixture(text, { 'chapters/01-fix/other.md': '# b\n' })
    expect(await fixture.findings()).toEqual([])
    expect((await fixture.check()).counts.links).toBe(8)
  })

  test.each([
    ['[a](gone.md)', 'the link gone.md leads to no file'],
    ['[a](#gone)', 'the link #gone leads to no heading'],
    ['[a](README.md#gone)', 'the link README.md#gone leads to no heading'],
    ['[a](../../../x)', 'the link ../../../x leads out of the project'],
    ['![a](gone.png)', 'the link gone.png leads to no file'],
  ])('%s', async (link, message) => {
    expect(await new Fixture(`# a\n\nb\n${link}\n`).findings()).toContain(`${EN}:4: ${message}`)
  })
})

describe('the list of files', () => {
  const programs = { 'chapters/01-fix/main.ts': 'x\n', 'chapters/01-fix/lib/part.ts': 'x\n' }
  const list = (...names: readonly string[]) =>
    `# a\n\n[main.ts](main.ts)\n\n### The files\n\n${names.map(name => `- [${name}](${name})\n`).join('')}\n### b\n\n[c](lib/part.ts)\n`

  test('names every program of a chapter, also those in folders', async () => {
    expect(await new Fixture(list('main.ts', 'lib/part.ts'), programs).findings()).toEqual([])
  })

  test.each(['main.ts', 'lib/part.ts'])('that does not name %s, which other parts of the text do', async left => {
    const others = ['main.ts', 'lib/part.ts'].filter(name => name !== left)
    const message = `:5: the section "The files" does not name ${left}`
    expect(await new Fixture(list(...others), programs).findings()).toEqual([`${EN}${message}`, `${ZH}${message}`])
  })

  test('may not be missing in a chapter that has programs', async () => {
    const message = ':1: the section "The files" does not name main.ts'
    expect(await new Fixture('# a\n', { 'chapters/01-fix/main.ts': 'x\n' }).findings()).toEqual([
      `${EN}${message}`,
      `${ZH}${message}`,
    ])
    expect(await new Fixture('# a\n').findings()).toEqual([])
  })
})

describe('pictures', () => {
  const picture = (src: string, alt = 'what is seen') => `a\n\n<img src="${src}" width="600" alt="${alt}">\n`
  const svg = { 'assets/a.svg': '<svg xmlns="x"><g><path d="M0 0"/></g></svg>\n', 'assets/b.svg': '<svg><g></svg>' }

  test('that are there', async () => {
    expect(await new Fixture(picture('../../assets/a.svg'), svg).findings()).toEqual([])
  })

  test.each([
    [picture('../../assets/gone.svg'), 'there is no picture ../../assets/gone.svg'],
    [picture('../../assets/b.svg'), 'the picture ../../assets/b.svg is no SVG: line 1: unexpected close tag.'],
    [picture('../../assets/a.svg', ''), 'the picture ../../assets/a.svg has no alt= that says what is seen'],
  ])('%j', async (text, message) => {
    expect(await new Fixture(text, svg).findings()).toContain(`${EN}:3: ${message}`)
  })

  test.each([
    ['<?xml version="1.0"?>\n<!-- a - b -->\n<svg a="1" b=\'2\'>x &amp; &#10;</svg>', undefined],
    ['<svg>\n<a>\n</svg>', 'line 3: unexpected close tag.'],
    ['<svg a="1" a="2"/>', 'line 1: duplicate attribute: a.'],
    ['<svg>a & b</svg>', 'line 1: unclosed tag: svg Is there an & that should be &amp;?'],
    ['<svg a=1/>', 'line 1: unquoted attribute value.'],
    ['<svg/><svg/>', 'line 1: documents may contain only one root.'],
    ['<svg xlink:href="a"/>', 'line 1: unbound namespace prefix: "xlink".'],
    ['<p/>', 'its root is <p>'],
    ['<svg>', 'line 1: unclosed tag: svg'],
    ['', 'line 1: document must contain a root element.'],
  ])('%j as XML', (text, fault) => {
    expect(svgFault(text)).toBe(fault)
  })
})

test('what is wrong with the form of a text is told', async () => {
  expect(await new Fixture('a\n\n<details>\n\nb\n').findings()).toContain(`${EN}:3: <details> is not closed`)
})

describe('while a text is checked', () => {
  test('a terminal shows which one, and for how long', needs('pty'), async () => {
    const terminal = await runner.terminal(['check', 'parts'])
    await terminal.waitFor(/parts: text 1 of 1 … \d+ s/)
    await terminal.waitFor(/parts: (?:ok|\d+ to look at) \(/)
    await terminal.exit()
  })

  test('a pipe does not', async () => {
    expect((await runner.run(['check', 'parts'])).stderr).toBe('')
  })
})
