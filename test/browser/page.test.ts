/** The page as a reader has it: in a browser, with a lab. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findChapters, findTexts, type Text } from '../../runner/lesson/chapters.ts'
import type { Language } from '../../runner/lesson/lesson.ts'
import { callerOf } from '../../runner/page/caller.ts'
import { type OpenPage, openPage } from '../../runner/page/open-page.ts'
import { RedirectFile } from '../../runner/page/redirect-file.ts'
import { needs } from '../harness/needs.ts'
import { openBrowser } from './browser.ts'

const WIDE = { width: 1360, height: 850 }
const PHONE = { width: 390, height: 800 }

const lab = needs('root', 'pty', 'bash', 'unshare', 'nsenter')
const texts = findTexts()
const chapter04 = texts.find(({ name }) => name.startsWith('04-'))!

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

let context: BrowserContext
let page: Page
let server: OpenPage
let complaints: string[]
beforeEach(async () => {
  complaints = []
  context = await browser.newContext({ viewport: WIDE })
  page = await context.newPage()
  page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('request', request => {
    const isOurs = request.url().startsWith(new URL(server.address).origin)
    if (!isOurs && !/^(?:blob|data):/.test(request.url())) complaints.push(`asks ${request.url()}`)
  })
})
afterEach(async () => {
  await context.close()
  await server.close()
})

const open = async (text: Text, language: Language = 'en', all: readonly Text[] = texts): Promise<void> => {
  server = await openPage({ text, texts: all, language, port: 0, isToOpen: false })
  await page.goto(server.address)
  await page.waitForSelector('article h1')
}

const shellsAreThere = () =>
  page.waitForFunction(() => {
    const windows = [...document.querySelectorAll('.window .xterm-rows')]
    return windows.length > 0 && windows.every(({ textContent }) => textContent?.includes('$'))
  })

const stateOf = (step: number) => page.locator(`.step[data-step="${step}"]`).getAttribute('data-state')

const press = async (step: number): Promise<void> => {
  await page.click(`.step[data-step="${step}"] button.run`)
  await page.waitForSelector(`.step[data-step="${step}"][data-state]:not([data-state="running"])`)
}

const cases = findChapters().flatMap(({ name }) => (['en', 'zh'] as const).map(language => ({ name, language })))

describe.each(cases)('$name, $language', ({ name, language }) => {
  test('opens with its pictures, and the browser complains of nothing', async () => {
    await open(texts.find(text => text.name === name)!, language)
    await page.waitForFunction(() =>
      [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
    )
    expect(new URL(page.url()).hash).toBe('')
    expect(await page.getAttribute('html', 'lang')).toBe(language === 'zh' ? 'zh-CN' : 'en')
    await page.setViewportSize(PHONE)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width)
    expect(complaints).toEqual([])
  })
})

describe('chapter 04', lab, () => {
  test('its first section is run by its buttons, and each command gets a tick', async () => {
    await open(chapter04)
    await shellsAreThere()
    const steps = await page.evaluate(() => {
      const sections = [...document.querySelectorAll('.section')]
      const isBetween = (step: Element): boolean =>
        Boolean(sections[0]!.compareDocumentPosition(step) & Node.DOCUMENT_POSITION_FOLLOWING) &&
        Boolean(sections[1]!.compareDocumentPosition(step) & Node.DOCUMENT_POSITION_PRECEDING)
      return [...document.querySelectorAll<HTMLElement>('.step')]
        .filter(isBetween)
        .map(step => Number(step.dataset.step))
    })
    expect(steps.length).toBeGreaterThan(4)
    for (const step of steps) {
      await press(step)
      expect(await stateOf(step), `step ${step}`).toBe('same')
    }
    expect(complaints).toEqual([])
  })

  test('one button runs a section; a reload shows the same shells, and the ticks', async () => {
    await open(chapter04)
    await shellsAreThere()
    await page.click('.section button.run-section')
    await page.waitForFunction(() => document.querySelectorAll('.step[data-state="same"]').length > 4)
    await page.click('.window[data-terminal="one"] .xterm-screen')
    await page.keyboard.type('echo "sum $((40 + 2))"\n')
    const shown = () =>
      page.waitForFunction(() => document.querySelector('.window .xterm-rows')?.textContent?.includes('sum 42'))
    await shown()
    await page.reload()
    await shown()
    expect(await page.locator('.step[data-state="same"]').count()).toBeGreaterThan(4)
    await page.click('button.reset')
    await page.waitForFunction(() => document.querySelectorAll('.step[data-state]').length === 0)
    await shellsAreThere()
    expect(complaints).toEqual([])
  })

  test('in the other language it has the same shells, and the same ticks', async () => {
    await open(chapter04)
    await shellsAreThere()
    await press(0)
    await page.click('a.twin')
    await page.waitForSelector('html[lang="zh-CN"] .step[data-step="0"][data-state="same"]')
    await page.waitForFunction(() =>
      document.querySelector('.window[data-terminal="two"] .xterm-rows')?.textContent?.includes('ipcmk'),
    )
    expect(complaints).toEqual([])
  })

  test('a command for a container is not typed into the shell of the host', async () => {
    await open(chapter04)
    await shellsAreThere()
    const inside = page.locator('.step', { has: page.locator('.prompt', { hasText: '/ # ' }) }).first()
    await inside.locator('button.run').click()
    await inside.locator('.finding').waitFor()
    expect(await inside.locator('.finding').textContent()).toMatch(/^Not typed: /)
  })

  test('its keys lead from button to button', async () => {
    await open(chapter04)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    const focused = () => page.evaluate(() => document.activeElement?.closest<HTMLElement>('.step')?.dataset.step)
    expect(await focused()).toBe('1')
    await page.keyboard.press('k')
    expect(await focused()).toBe('0')
  })
})

test('a file that the text names opens over it', async () => {
  await open(chapter04)
  const button = page.locator('button.file').first()
  const path = await button.getAttribute('data-file')
  await button.click()
  await page.waitForSelector('dialog[open] .hljs-keyword')
  expect(await page.textContent('dialog h2')).toBe(path)
})

test('a script in a text does not run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { en: join(folder, 'README.md'), zh: join(folder, 'README.zh-CN.md') }
  const evil = `# 97 · evil

Words <img src=x onerror="stolen=1"> and <script>stolen=2</script> [link](javascript:stolen=3)

<script>stolen=4</script>

<iframe srcdoc="<script>parent.stolen=5</script>"></iframe>
`
  for (const file of Object.values(files)) writeFileSync(file, evil)
  const text = { name: '97-evil', folder, files }
  await open(text, 'en', [text])
  // And should one ever get into the page, the browser does not run it.
  await page.evaluate(() => {
    document.querySelector('article')!.insertAdjacentHTML('beforeend', '<img src="data:," onerror="stolen=6">')
    const script = document.createElement('script')
    script.textContent = 'stolen=7'
    document.body.append(script)
  })
  await page.waitForTimeout(300)
  expect(await page.evaluate(() => 'stolen' in window)).toBe(false)
  expect(complaints.filter(text => !text.includes('Content Security Policy'))).toEqual([])
})

test('a file leads the browser to the page, with the token', async () => {
  server = await openPage({ text: chapter04, language: 'en', port: 0, isToOpen: false })
  const file = new RedirectFile(server.address, callerOf({}))
  onTestFinished(() => file.remove())
  await page.goto(`file://${file.path}`)
  await page.waitForSelector('article h1')
  expect(complaints.filter(text => !text.startsWith('asks file:'))).toEqual([])
})

test('without the token the page says where to get one', async () => {
  await open(chapter04)
  const other = await context.newPage()
  await other.goto(server.address.replace(/#.*/, ''))
  await other.waitForSelector('.alone')
  expect(await other.textContent('.alone')).toContain('runner.ts page')
})

test.each(['light', 'dark'] as const)('shuts no reader out, in %s', async colorScheme => {
  await page.emulateMedia({ colorScheme })
  await open(chapter04)
  await page.waitForSelector('.xterm-screen')
  const { violations } = await new AxeBuilder({ page }).analyze()
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(grave.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))])).toEqual([])
})
