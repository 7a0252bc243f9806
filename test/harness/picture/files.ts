import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../repository.ts'

const TREES = ['busybox', 'images', 'containers'].map(name => join(repository, name))
const STATE = [tmpdir(), '/run', '/var/lib']

const names = (directory: string): string[] => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

const stateIn = (directory: string): string[] =>
  names(directory)
    .filter(name => name.startsWith('skdocker') && !name.startsWith('skdocker-test'))
    .map(name => join(directory, name))

/**
 * What programs of the course may write to: the root filesystem, images and containers of the project with
 * mode, owner and size (not times), and the names of what is called skdocker… where programs keep state
 * (but skdocker-test…, which tests make for themselves and remove).
 */
export const files = (): string[] => [...TREES.flatMap(path => tree(path)), ...STATE.flatMap(stateIn)]

/**
 * Everything below a directory, up to where something else is mounted: that is seen among the mounts, and
 * /proc has no end of files.
 */
export const tree = (path: string, device?: number): string[] => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat || (device !== undefined && stat.dev !== device)) return []
  const mode = stat.mode.toString(8)
  const owner = `${stat.uid}:${stat.gid}`
  if (stat.isDirectory()) {
    return [`${path} ${mode} ${owner}`, ...names(path).flatMap(name => tree(join(path, name), stat.dev))]
  }
  const content = stat.isSymbolicLink() ? `-> ${readlinkSync(path)}` : `${stat.size} bytes`
  return [`${path} ${mode} ${owner} ${content}`]
}
