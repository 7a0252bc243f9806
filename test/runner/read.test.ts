import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { colours } from '../../runner/colours.ts'
import { findChapters, findText, findTexts, lessonOf } from '../../runner/lesson/chapters.ts'
import type { Language } from '../../runner/lesson/lesson.ts'
import { parseLesson } from '../../runner/lesson/parse-lesson.ts'
import { renderLesson } from '../../runner/read/render-lesson.ts'
import { command, hostUnchanged, needs, scaled } from '../harness/index.ts'
import { requireSuccess, runner } from './runner.ts'

hostUnchanged()

const PLAIN = { FORCE_COLOR: undefined, NO_COLOR: undefined, LANG: 'C', LC_ALL: undefined, LC_MESSAGES: undefined }

const read = async (args: readonly string[], env: Record<string, string | undefined> = {}): Promise<string> =>
  requireSuccess(await runner.run(['read', ...args], { env: { ...PLAIN, ...env } }))

const lesson = (number: string, language: Language = 'en') => lessonOf(findText(findChapters(), number)!, language)
const titleOf = (number: string, language: Language): string => lesson(number, language).title

/** The last heading of chapter 04. */
const LAST = lesson('04').sections.at(-1)!.heading!.text

/** A text as it would be read. */
const rendered = (
  source: string,
  options: { language?: Language; answers?: boolean; columns?: number } = {},
): string => {
  const { language = 'en', answers = false, columns = 60 } = options
  const lesson = parseLesson(source, { file: '/somewhere/README.md', language })
  return renderLesson(lesson, { columns, paint: colours(false), answers })
}

describe.each(['en', 'zh'] as const)('every chapter in %s', language => {
  test.each(findChapters().map(({ number }) => number))('%s fits, and its tables are straight', number => {
    const text = renderLesson(lesson(number, language), { columns: 72, paint: colours(false), answers: true })
    const lines = text.split('\n')
    // What is indented is code, and is not to be broken.
    const prose = lines.filter(line => !line.startsWith('    '))
    expect(prose.filter(line => stringWidth(line) > 72)).toEqual([])
    const tables = text.match(/^ *┌.*\n(?: *[│├].*\n)+ *└.*$/gm) ?? []
    for (const table of tables) expect(new Set(table.split('\n').map(line => stringWidth(line))).size).toBe(1)
  })
})

describe('no word is cut where the window ends', () => {
  const latin = (text: string): Set<string> => new Set(text.match(/[\w./-]{2,}/g))
  const STAYS_WHOLE = /^ *(?:> |\$ |\S* # |npm |npx |sudo |PATH=|SKDOCKER_)/

  test.each(
    findTexts().flatMap(text => (['en', 'zh'] as const).map(language => [text.name, language, text] as const)),
  )('%s, %s', (_, language, text) => {
    const style = { paint: colours(false), answers: true }
    const at = (columns: number): string => renderLesson(lessonOf(text, language), { ...style, columns })
    const whole = at(1000)
    const known = latin(whole)
    // A word that is wider than the window has to be cut.
    const widest = whole.split(/\s+/).filter(word => word.length > 60)
    const cut = [...latin(at(80))].filter(word => !known.has(word))
    expect(cut.filter(part => !widest.some(word => word.includes(part)))).toEqual([])
  })

  test('a line of output or of a program is broken between words, a command is not', () => {
    const command = `$ echo ${'word '.repeat(20)}`.trimEnd()
    const source = `\`\`\`console\n${command}\n${'word '.repeat(20)}\n\`\`\`\n\n\`\`\`ts\nconst all = [${'word, '.repeat(20)}]\n\`\`\``
    const lines = rendered(source).split('\n')
    const wide = lines.filter(line => stringWidth(line) > 60)
    expect(wide).toEqual([`    ${command}`])
    expect(lines.filter(line => !STAYS_WHOLE.test(line)).join(' ')).not.toMatch(/\bw(o|or)?\b/)
  })

  test('a command in running text or in a table can be copied: it stays on one line', () => {
    const command = 'npx tsx chapters/04-allns/main.ts busybox /bin/sh'
    expect(rendered(`With these few words you type \`${command}\`.`)).toBe(
      `With these few words you type\n\`${command}\`.\n`,
    )
    const table = `| file | what it does | try |\n| --- | --- | --- |\n| main.ts | makes a container | \`${command}\` |\n`
    expect(rendered(table, { columns: 70 })).toBe(
      `file: main.ts\nwhat it does: makes a container\ntry: \`${command}\`\n`,
    )
    // What is wider than the window has to be broken, and is broken between words.
    expect(rendered(`\`${command}\``, { columns: 40 })).toBe(
      '`npx tsx chapters/04-allns/main.ts\nbusybox /bin/sh`\n',
    )
  })

  test('a table that has no room in a box is a list of its cells', () => {
    const row = `| ${'a'.repeat(30)} | ${'b'.repeat(30)} some words more |`
    expect(rendered(`| one | two |\n| --- | --- |\n${row}\n${row}\n`)).toBe(
      [1, 2].map(() => `one: ${'a'.repeat(30)}\ntwo: ${'b'.repeat(30)} some words more\n`).join('\n'),
    )
  })
})

describe.each(['50', '80'])('in a window of %s columns', columns => {
  const env = { ...PLAIN, COLUMNS: columns }
  test.each([[[]], [['list']], [['list', '--lang', 'zh']], [['doctor']]])(
    '%j fits, and no word is cut',
    {
      timeout: scaled(60_000),
    },
    async args => {
      const { stdout } = await runner.run(args, { env })
      const lines = stdout.split('\n')
      expect(lines.filter(line => stringWidth(line) > Number(columns))).toEqual([])
      const { stdout: wide } = await runner.run(args, { env: { ...env, COLUMNS: '100' } })
      const known = new Set(wide.match(/[\w./-]+/g))
      // What is counted anew, such as a pid, differs each time.
      const cut = [...new Set(stdout.match(/[\w./-]+/g))].filter(word => !known.has(word) && !/^\d+$/.test(word))
      expect(cut).toEqual([])
    },
  )
})

test.each([
  ['en', '80'],
  ['zh', '60'],
])('list in %s: a title that is broken goes on below its words, not below its number', async (lang, columns) => {
  const env = { ...PLAIN, COLUMNS: columns }
  const [, ...lines] = requireSuccess(await runner.run(['list', '--lang', lang], { env }))
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeGreaterThan(findChapters().length)
  for (const line of lines) expect(line).toMatch(/^(\d\d · | {5})\S/)
})

test('COLUMNS says how wide a pipe is', async () => {
  const [, rule = ''] = (await read(['4'], { COLUMNS: '50' })).split('\n')
  expect(rule).toBe('═'.repeat(50))
})

describe('the language', () => {
  test.each([
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'C', LC_ALL: 'zh_TW.UTF-8' }, 'zh'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'en'],
  ] as const)('%j', async (env, language) => {
    expect(await read(['2'], env)).toContain(titleOf('02', language))
  })

  test('--lang comes first', async () => {
    expect(await read(['2', '--lang', 'en'], { LANG: 'zh_CN.UTF-8' })).toContain(titleOf('02', 'en'))
  })
})

describe('colours', () => {
  test('none in a pipe, some when they are demanded, none with NO_COLOR', async () => {
    const plain = await read(['5'])
    expect(plain).not.toContain('\x1b')
    expect(await read(['5'], { FORCE_COLOR: '1' })).toContain('\x1b[1m')
    // Node, from 22 on, has a warning of its own for this.
    expect(await read(['5'], { FORCE_COLOR: '1', NO_COLOR: '1', NODE_NO_WARNINGS: '1' })).toBe(plain)
  })

  test('TypeScript has them', () => {
    const lesson = parseLesson('```ts\nconst flags = 1\n```', { file: '/somewhere/README.md', language: 'en' })
    const text = renderLesson(lesson, { columns: 60, paint: colours(true), answers: false })
    expect(text).toContain('\x1b[35mconst\x1b[39m flags = \x1b[33m1\x1b[39m')
  })
})

describe('on a terminal', needs('pty'), () => {
  test('$PAGER shows it', async () => {
    const terminal = await runner.terminal(['read', '4'], { env: { ...PLAIN, PAGER: 'sed s/^/paged:/' } })
    await terminal.waitFor('paged:04 · allns')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('less shows a long text a page at a time, and leaves with q', needs('less'), async () => {
    const terminal = await runner.terminal(['read', '4'], {
      env: { ...PLAIN, PAGER: undefined, LESS: undefined },
      rows: 20,
    })
    await terminal.waitFor('04 · allns')
    await terminal.waitFor(/:$/)
    expect(terminal.screen.text).not.toContain(LAST)
    terminal.type('G')
    await terminal.waitFor(LAST)
    terminal.type('q')
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('a pager that is not there is done without', async () => {
    const terminal = await runner.terminal(['read', '4'], { env: { ...PLAIN, PAGER: '/no/such/pager' } })
    await terminal.waitFor('04 · allns')
    await terminal.waitFor(LAST)
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
  })

  test('a pager that ends early is no error', async () => {
    const terminal = await runner.terminal(['read', '4'], { env: { ...PLAIN, PAGER: 'head -1' } })
    expect(await terminal.exit()).toEqual({ code: 0, signal: null })
    expect(terminal.screen.text).toMatch(/^04 · allns[^\n]*\n$/)
  })

  test('in a pipe there is no pager', async () => {
    const { stdout } = await command('sh', '-c', `${runner.line(['read', '4'])} | cat`).run([], {
      env: { PAGER: 'false' },
    })
    expect(stdout).toMatch(/^04 · allns/)
  })
})

describe('blocks', () => {
  test('code in running text has its marks where there are no colours', () => {
    expect(rendered('run `ls /` **now**')).toBe('run `ls /` now\n')
  })

  test('a picture is its text and its path', () => {
    const source = '<img src="../assets/tree.svg" width="600" alt="a tree of processes">'
    expect(rendered(source)).toMatch(/\[picture\] a tree of processes\n +\S*assets\/tree\.svg/)
    expect(rendered(source, { language: 'zh' })).toContain('[图] a tree of processes')
  })

  test('answers are hidden unless they are asked for', () => {
    const source = '<details>\n<summary>Why?</summary>\n\nBecause.\n\n</details>'
    expect(rendered(source)).toContain('▸ Why?')
    expect(rendered(source)).not.toContain('Because')
    expect(rendered(source)).toContain('--answers')
    expect(rendered(source, { answers: true })).toMatch(/▾ Why\?\n\n {2}Because\./)
  })

  test('code in a question is code, and no HTML is shown', () => {
    const source =
      '<details>\n<summary>1. Why is <code>a &lt; b</code> <b>no</b> *program*?</summary>\n\nBecause.\n\n</details>'
    // GitHub shows Markdown's marks as they are there.
    expect(rendered(source)).toContain('▸ 1. Why is `a < b` no *program*?\n')
    const lesson = parseLesson(source, { file: '/somewhere/README.md', language: 'en' })
    const text = renderLesson(lesson, { columns: 60, paint: colours(true), answers: false })
    expect(text).toContain('\x1b[36ma < b\x1b[39m')
  })

  test("teacher's notes and comments are not shown", () => {
    expect(rendered('a\n\n<!-- notes: psst -->\n\n<!-- later -->\n\nb')).toBe('a\n\nb\n')
  })

  test('lists, quotes and rules', () => {
    expect(rendered('1. one\n2. two\n   three\n\n> said\n\n---', { columns: 20 })).toBe(
      `1. one\n2. two three\n\n│ said\n\n${'─'.repeat(20)}\n`,
    )
  })

  test('a transcript keeps its prompts', () => {
    const source =
      '```console terminal=two\n$ cat <<END\n> x\n> END\nx\n...\n$ echo $$\n[..PID..] and [..]\n/ # ^D\n```'
    expect(rendered(source)).toBe(
      '    terminal two:\n    $ cat <<END\n    > x\n    > END\n    x\n    ...\n    $ echo $$\n    [..PID..] and [..]\n    / # ^D\n',
    )
  })

  test('an excerpt names its file', () => {
    expect(rendered('```ts file=main.ts from="a"\na()\n```')).toMatch(/^ {4}\S*somewhere\/main\.ts\n {4}a\(\)\n$/)
  })

  test('a link that leads out shows where', () => {
    expect(rendered('[Go](https://go.dev) and [here](other.md)')).toBe('Go <https://go.dev> and here\n')
  })

  test('a link that leads nowhere in a terminal is not drawn as one', () => {
    const source = '[← 01 shell](../01-shell/README.md) · [Go](https://go.dev)'
    const lesson = parseLesson(source, { file: '/somewhere/README.md', language: 'en' })
    const text = renderLesson(lesson, { columns: 60, paint: colours(true), answers: false })
    expect(text).toContain('← 01 shell · \x1b[4mGo\x1b[24m')
  })
})

describe('Chinese', () => {
  const lines = (source: string, columns: number): string[] =>
    rendered(source, { columns, language: 'zh' }).trimEnd().split('\n')

  test('takes two columns a character and breaks anywhere', () => {
    expect(lines('一二三四五六七', 8)).toEqual(['一二三四', '五六七'])
  })

  test('does not begin a line with a full stop, nor end one with a bracket', () => {
    expect(lines('一二三四。五六', 8)).toEqual(['一二三', '四。五六'])
    expect(lines('一二三（四）五', 8)).toEqual(['一二三', '（四）五'])
  })

  test('a line of the source that ends is no space, but beside Latin letters it is', () => {
    expect(lines('一二\n三四', 40)).toEqual(['一二三四'])
    expect(lines('进程\nclone\n返回', 40)).toEqual(['进程 clone 返回'])
    expect(lines('进程，\nclone\n（返回）', 40)).toEqual(['进程，clone（返回）'])
  })

  test('Latin words stay whole', () => {
    expect(lines('调用 setns(2) 之后', 10)).toEqual(['调用', 'setns(2)', '之后'])
  })
})
