import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isRoot } from '../is-root.ts'
import { requireSuccess, run } from './run-tool.ts'
import { say } from './say.ts'

/**
 * Runs apt-get; when it fails, refreshes the package lists and tries once more, since a fresh machine has
 * none and an old one points to packages that are gone: apt-get(8).
 *
 * @param words the command and its arguments, such as `['download', 'busybox-static']`
 * @param workspace the directory to run in; without root the refreshed lists are kept here
 * @throws SetupError with apt's last line when it failed again
 */
export const aptGet = async (words: string[], workspace: string): Promise<void> => {
  const apt = (options: string[], ...more: string[]) =>
    // With a reader's umask of 077 a package's scripts would leave files that only root can read.
    run({ cwd: workspace })`umask 022; apt-get -q -o DPkg::Lock::Timeout=60 ${options} ${more}`

  const first = await apt([], ...words)
  if (first.exitCode === 0) return

  const options = isRoot() ? [] : await privateLists(workspace)
  say(`  apt-get ${words[0]} failed: apt-get update, then once more …`)
  requireSuccess(await apt(options, 'update'))
  requireSuccess(await apt(options, ...words))
}

/** Package lists that a user may write: apt.conf(5). */
const privateLists = async (workspace: string): Promise<string[]> => {
  const lists = join(workspace, 'lists')
  const cache = join(workspace, 'cache')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`]
}
