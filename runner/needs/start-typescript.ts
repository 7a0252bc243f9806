/** How a program in TypeScript is started. */

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { plainNode } from './plain-node.ts'

/**
 * The words that start a program by node alone where there is one that takes TypeScript, which is quicker, else with tsx.
 * @param path absolute
 */
export const startTypeScript = (path: string): string[] => {
  const plain = plainNode()
  if (plain !== undefined) return [plain, path]
  // Absolute, so that it works from any directory; a URL, because --import takes nothing else that is absolute.
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return [process.execPath, '--import', pathToFileURL(tsx).href, path]
}
