/** How a program in TypeScript is started. */

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { plainNode } from './plain-node.ts'

/** The words that start a program with tsx, from any directory. */
export const startWithTsx = (path: string): string[] => {
  const tsx = createRequire(import.meta.url).resolve('tsx')
  return [process.execPath, '--import', pathToFileURL(tsx).href, path] // --import takes no absolute path, but a URL
}

/**
 * The words that start a program by node alone where there is one that takes TypeScript, which is quicker, else with tsx.
 * @param path absolute
 */
export const startTypeScript = (path: string): string[] => {
  const plain = plainNode()
  return plain === undefined ? startWithTsx(path) : [plain, path]
}
