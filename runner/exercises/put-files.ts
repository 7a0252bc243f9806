/** Puts files into a site, by a program that runs in it: nothing of this machine follows a path of the lab's. */

import { dirname, join } from 'node:path'
import { LabError } from '../lab/lab.ts'
import { scale } from '../scale.ts'
import { LabProcess } from './lab-process.ts'
import type { Site } from './site.ts'

const PATIENCE = 10_000 * scale // ms

const putFile = async (site: Site, path: string, content: string): Promise<void> => {
  const words = site.enter(['sh', '-c', 'mkdir -p "$0" && cat >"$1"', dirname(path), path])
  const writing = new LabProcess(words, { cwd: '/', env: site.env })
  writing.write(content)
  writing.endInput()
  const { code, stderr } = await writing.exit(PATIENCE)
  if (code !== 0) throw new LabError(`${path} cannot be written in it: ${stderr.trim()}`)
}

/**
 * Writes files into a directory of a site, which is made.
 * @param files their contents, by name
 * @throws LabError
 */
export const putFiles = async (
  site: Site,
  directory: string,
  files: ReadonlyMap<string, string>,
): Promise<void> => {
  for (const [name, content] of files) await putFile(site, join(directory, name), content)
}
