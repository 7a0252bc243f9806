/** A Node that runs TypeScript by itself, as readers may have it: this one, or one that npm fetches for the bench. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { plainNode } from '../runner/needs/plain-node.ts'
import { runToEnd } from './run-process.ts'

const WANTED = '^22.18'

/**
 * The path of a Node of 22.18 or newer.
 * @param directory where one is put if this one is older
 * @returns undefined, after saying why, when there is none to be had
 */
export const fetchPlainNode = async (directory: string): Promise<string | undefined> => {
  const present = plainNode()
  if (present) return present
  const name = `node-linux-${process.arch}`
  console.log(`\nfetching ${name}, because this Node is ${process.versions.node} …`)
  const options = ['--prefix', directory, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  const { code, stderr } = await runToEnd('npm', ['install', ...options, `${name}@${WANTED}`])
  const path = join(directory, 'node_modules', name, 'bin/node')
  if (code === 0 && existsSync(path)) return path
  const [reason] = stderr.split('\n')
  console.log(
    `skipped: plain Node: npm cannot fetch ${name}: ${reason}; the times below are those of Node with tsx`,
  )
  return undefined
}
