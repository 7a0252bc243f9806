import { readFileSync } from 'node:fs'

/** What is in a file; undefined when it is gone, or may not be read. A process of which /proc tells may end at any moment. */
export const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
