/** The pictures of the texts, as a browser draws them where readers see them. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repository } from '../harness/repository.ts'
import { openBrowser } from './browser.ts'

const WIDTH = 600 // px: a picture's on a page of GitHub's, with the file list beside it

const assets = join(repository, 'assets')
const pictures = readdirSync(assets).filter(name => name.endsWith('.svg'))

let browser: Browser
let page: Page
beforeAll(async () => {
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } })
})
afterAll(() => browser.close())

/** Fills the page with a picture, scaled as on GitHub. */
const show = (name: string): Promise<void> => {
  const svg = readFileSync(join(assets, name), 'utf8').replace('<svg ', '<svg width="100%" ')
  return page.setContent(`<body style="margin:0">${svg}</body>`)
}

/** The texts of a picture that stick out of it, or are drawn smaller than a reader can read. */
const faults = (): Promise<string[]> =>
  page.evaluate(() => {
    const LEAST = 9 // px: smaller letters are not read
    const frame = document.querySelector('svg')!.getBoundingClientRect()
    const scale = frame.width / document.querySelector('svg')!.viewBox.baseVal.width
    return [...document.querySelectorAll('svg text')].flatMap(text => {
      const { left, right, top, bottom } = text.getBoundingClientRect()
      const isOutside = left < frame.left || right > frame.right || top < frame.top || bottom > frame.bottom
      const size = Number.parseFloat(getComputedStyle(text).fontSize) * scale
      return [
        ...(isOutside ? [`"${text.textContent}" sticks out: ${Math.round(left)} to ${Math.round(right)} px`] : []),
        ...(size < LEAST ? [`"${text.textContent}" is ${size.toFixed(1)} px high`] : []),
      ]
    })
  })

/** The colours of its texts, each once. */
const colours = async (colorScheme: 'light' | 'dark'): Promise<string[]> => {
  await page.emulateMedia({ colorScheme })
  return page.evaluate(() => [
    ...new Set([...document.querySelectorAll('svg text')].map(text => getComputedStyle(text).fill)),
  ])
}

describe.each(pictures)('%s', name => {
  test(`at ${WIDTH} px every text is inside the picture and large enough to be read`, async () => {
    await show(name)
    expect(await faults()).toEqual([])
  })

  test('in a dark scheme its texts have other colours than in a light one', async () => {
    await show(name)
    expect(await colours('dark')).not.toEqual(await colours('light'))
  })
})
