import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Source } from '../../runner/setup/busybox-sources.ts'
import { completeRootfs } from '../../runner/setup/complete-rootfs.ts'
import { SetupError } from '../../runner/setup/setup-error.ts'
import { repository, temporaryDirectory } from '../harness/index.ts'

/** The busybox that setup has installed: the tests need one that runs, and take it from here. */
export const busyboxPath = join(repository, 'busybox/bin/busybox')
if (!existsSync(busyboxPath)) throw new Error(`there is no ${busyboxPath}: run \`npm run setup\` first`)

export const installedSource: Source = { name: 'the tests', find: async () => busyboxPath }

/** A directory whose name has what a path of a repository may have. */
export const oddDirectory = (): string => temporaryDirectory('set up: "tëst"')

/** Writes a program that stands in for a tool of the machine. */
export const writeTool = (directory: string, name: string, script: string): void => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name), 0o755)
}

/** Compares files byte by byte; `toEqual` takes seconds for it. */
export const sameBytes = (one: string, other: string): boolean => {
  return readFileSync(one).equals(readFileSync(other))
}

/** The permissions of a path itself, also of a link. */
export const mode = (path: string) => lstatSync(path).mode & 0o7777

/** Every path with its type and permissions, and what a link leads to. */
export const listing = (directory: string): string[] => {
  const paths = (readdirSync(directory, { recursive: true }) as string[]).sort()
  return ['.', ...paths].map(path => {
    const stats = lstatSync(join(directory, path))
    const target = stats.isSymbolicLink() ? readlinkSync(join(directory, path)) : stats.rdev
    return `${path} ${stats.mode.toString(8)} ${target}`
  })
}

/** A root filesystem that setup has just completed. */
export const completedRootfs = async (sources: Source[] = [installedSource]): Promise<string> => {
  const rootfs = join(oddDirectory(), 'busybox')
  await completeRootfs(rootfs, sources)
  return rootfs
}

/** A source that never has a busybox. */
export const noSource: Source = {
  name: 'nowhere',
  find: async () => {
    throw new SetupError('there is none')
  },
}

/** A directory that comes first on PATH. Import the modules after it, since PATH is read once. */
export const firstOnPath = (): string => {
  const directory = temporaryDirectory('set up')
  vi.stubEnv('PATH', `${directory}:${process.env.PATH}`)
  return directory
}
