import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { say } from '../../runner/setup/say.ts'
import { withWorkspace } from '../../runner/setup/workspace.ts'

/** Where what is slow to build is kept: outside the repository. */
export const cache = process.env.SKDOCKER_VM_CACHE ?? join(homedir(), '.cache', 'skdocker-vm')

/**
 * A directory that is built once for each recipe, and then only looked up. It is there as a whole, or not at all.
 *
 * @param name what it is called, and said to be
 * @param recipe all that decides what is in it
 * @param build fills the directory
 * @returns its path
 */
export const cached = async (
  name: string,
  recipe: unknown,
  build: (directory: string) => Promise<void>,
): Promise<string> => {
  const key = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12)
  const kept = join(cache, `${name}-${key}`)
  if (existsSync(kept)) return kept
  say(`vm: building ${name}, once; it is kept in ${kept}`)
  await mkdir(cache, { recursive: true })
  await withWorkspace(cache, async workspace => {
    const made = join(workspace, 'made')
    await mkdir(made)
    await build(made)
    await rename(made, kept)
  })
  return kept
}
