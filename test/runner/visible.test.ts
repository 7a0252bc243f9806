import { describe, expect, test } from 'vitest'
import { textReport } from '../../runner/check/check-report.ts'
import { checkText } from '../../runner/check/check-text.ts'
import { colours } from '../../runner/colours.ts'
import { findTexts } from '../../runner/lesson/chapters.ts'
import { parseLesson } from '../../runner/lesson/parse-lesson.ts'
import { renderLesson } from '../../runner/read/render-lesson.ts'
import { visible } from '../../runner/visible.ts'
import { notesOf, textOf } from '../../runner/walk/lesson-page.ts'
import { stopsOf } from '../../runner/walk/stops.ts'
import { EN, Fixture, fence } from './check-fixture.ts'
import { oneLine, runner } from './runner.ts'

/** It clears the screen, sets the title of the window, asks the terminal for an answer, and does so in C1 again. */
const EVIL = '\x1b[2J\x1b]0;gotcha\x07\x1b[6n\x9b2J\x9d0;gotcha\x9c\x7f\b\r!'
const SEEN = '␛[2J␛]0;gotcha␇␛[6n�2J�0;gotcha�␡␈␍!'

/** The same, in the ways that HTML has to write it. */
const IN_HTML = '&#27;]0;gotcha&#x7;&#x1b;[2J&#155;2J&#x9d;0;'

const TEXT = `# 99 ${EVIL}

Prose ${EVIL} and \`code ${EVIL}\` and ${IN_HTML} and [a link${EVIL}](https://example.org/%1b%5d0;a%07).

- an item ${EVIL}

> a quote ${EVIL}

| head ${EVIL} | b |
| ------------ | - |
| a cell       | c |

<img src="a${IN_HTML}.svg" alt="a picture ${EVIL}${IN_HTML}">

<details>
<summary>Why ${EVIL}${IN_HTML}?</summary>

Because ${EVIL}.

</details>

<!-- notes: psst ${EVIL} -->

\`\`\`ts
const title = '${EVIL}'
\`\`\`

\`\`\`console
$ echo ${EVIL}
said ${EVIL}
\`\`\`
`

const lesson = parseLesson(TEXT, { file: '/somewhere/README.md', language: 'en' })

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/

/** What is left of a painted text without the colours that are ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const unpainted = (text: string): string => text.replace(/\x1b\[\d+(;\d+)*m/g, '')

test('control characters are shown as their pictures', () => {
  expect(visible(EVIL)).toBe(SEEN)
  expect(visible('a\tb\r\nc\n容器')).toBe('a\tb\r\nc\n容器')
})

describe('what a text says is shown, and not obeyed', () => {
  test.each([true, false])('by read, with colours: %s', isPainted => {
    const shown = renderLesson(lesson, { columns: 60, paint: colours(isPainted), answers: true })
    expect(unpainted(shown)).not.toMatch(CONTROL)
    expect(unpainted(shown).match(/␛/g)!.length).toBeGreaterThan(20)
    if (!isPainted) expect(shown).not.toMatch(CONTROL)
  })

  test('by walk, which types no more than is seen', () => {
    const size = { cols: 60, rows: 20 }
    for (const stop of stopsOf(lesson)) {
      const paint = colours(true)
      const shown = [...textOf(stop, lesson, size, paint), ...notesOf(stop, lesson, size, paint)].join('\n')
      expect(unpainted(shown)).not.toMatch(CONTROL)
      expect(stop.step?.command ?? '').not.toMatch(CONTROL)
    }
  })

  test('by list and the home page, which show titles', () => {
    expect(lesson.title).toBe(`99 ${SEEN}`)
  })

  test('by check, in whatever it complains of', async () => {
    const text = [
      `[nowhere](no-such-${encodeURIComponent('\x1b]0;a\x07')}.md) <a href="no${IN_HTML}">b</a>\n`,
      fence(`c file=${EVIL}.c`, 'x'),
      fence('c file=main.c', `other ${EVIL}`),
      fence('console', `$ echo ${EVIL}`, 'never'),
    ].join('\n')
    const fixture = new Fixture(text, { 'chapters/01-fix/main.c': `int a; ${EVIL}\n` })
    const [first] = findTexts(fixture.root)
    const report = await checkText(first!, { root: fixture.root, update: false, languages: ['en'] })
    const shown = textReport(report, fixture.root)
    expect(shown).toContain(EN)
    expect(shown).not.toMatch(CONTROL)
  })

  test('nor in an error', async () => {
    expect(await runner.run(['read', EVIL])).toMatchObject(oneLine(2, /no text "/))
    const { stderr } = await runner.run([`--${EVIL}`])
    expect(stderr.slice(0, -1)).not.toMatch(CONTROL)
  })
})

test('an excerpt of a file that has such a character shows its picture', async () => {
  const fixture = new Fixture(fence('c file=main.c', `int a; ${SEEN}`), {
    'chapters/01-fix/main.c': `int a; ${EVIL}\n`,
  })
  expect(await fixture.findings()).toEqual([])
})
