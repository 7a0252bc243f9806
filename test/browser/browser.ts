/** A real browser, for what only a browser can tell. */

import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a browser is installed: SKDOCKER_BROWSER, or where distributions put theirs; undefined where there is none. */
const browserPath = (): string | undefined => [process.env.SKDOCKER_BROWSER ?? '', ...PATHS].find(existsSync)

/**
 * Starts the browser. It asks nobody outside the machine for anything.
 * @throws Error when there is none, or it does not start
 */
export const openBrowser = async (): Promise<Browser> => {
  const executablePath = browserPath()
  if (!executablePath)
    throw new Error('there is no browser: apt-get install chromium, or set SKDOCKER_BROWSER to the path of one')
  const { chromium } = await import('playwright-core')
  const quiet = ['background-networking', 'component-update', 'sync', 'quic'].map(name => `--disable-${name}`)
  // Chromium's own sandbox refuses root.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet] })
}
