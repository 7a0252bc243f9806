import { existsSync, realpathSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { mounts } from '#native/mountinfo.ts'
import { startTime } from '../lab/process-identity.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const isMountPoint = (directory: string): boolean => {
  if (!existsSync(directory)) return false
  const path = realpathSync(directory)
  return mounts().some(({ mountPoint }) => mountPoint === path)
}

/**
 * Where to build what is then renamed to a directory, or into it: beside it, or inside it when it is a mount, because
 * rename(2) does not cross mounts. The devcontainer mounts a volume there.
 */
export const placeToBuild = (directory: string): string =>
  isMountPoint(directory) ? directory : dirname(directory)

/**
 * Runs work with a temporary directory, on the same filesystem as what is to be renamed out of it. The
 * directory is gone afterwards, also after a signal; one left by a run that was killed is swept first.
 *
 * @param parent the directory to make it in
 */
export const withWorkspace = async <T>(parent: string, work: (workspace: string) => Promise<T>): Promise<T> => {
  await sweep(parent)
  const workspace = join(parent, `.setup-${process.pid}-${startTime(process.pid)}`)
  const stop = (signal: NodeJS.Signals) => {
    removeNow(workspace)
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of signals) process.on(signal, stop)
  try {
    await mkdir(workspace, { mode: 0o700 })
    return await work(workspace)
  } finally {
    await rm(workspace, { recursive: true, force: true, maxRetries: 3 })
    for (const signal of signals) process.off(signal, stop)
  }
}

const sweep = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    const owner = /^\.setup-(\d+)-(\d+)$/.exec(name)
    if (owner && startTime(Number(owner[1])) !== owner[2]) {
      await rm(join(parent, name), { recursive: true, force: true })
    }
  }
}

/** A system call or a tool that is under way may still add a file: so it tries again. */
const removeNow = (workspace: string): void => {
  for (let tries = 0; tries < 5; tries++) {
    try {
      rmSync(workspace, { recursive: true, force: true, maxRetries: 1 })
    } catch {}
  }
}
