/** A Node that runs TypeScript by itself, as readers may have it: this one, or one that npm fetches for the bench. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const WANTED = [22, 18] as const

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])
}

/**
 * The path of a Node of 22.18 or newer.
 * @param directory where one is put if this one is older
 * @returns undefined, after saying why, when there is none to be had
 */
export const plainNode = (directory: string): string | undefined => {
  if (isNewEnough(process.versions.node)) return process.execPath
  const name = `node-linux-${process.arch}`
  console.log(`\nfetching ${name}, because this Node is ${process.versions.node} …`)
  const options = ['--prefix', directory, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stderr, error } = spawnSync('npm', ['install', ...options, `${name}@^${WANTED.join('.')}`], {
    encoding: 'utf8',
  })
  const path = join(directory, 'node_modules', name, 'bin/node')
  if (status === 0 && existsSync(path)) return path
  const reason = error?.message ?? stderr.trim().split('\n')[0]
  console.log(
    `skipped: plain Node: npm cannot fetch ${name}: ${reason}; the times below are those of Node with tsx`,
  )
  return undefined
}
