import { chmod, copyFile, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { firstComplaint, run } from './run-tool.ts'
import { SetupError } from './setup-error.ts'
import { staticProblem } from './static-problem.ts'

// This is a shell's exit code for a program that execve(2) refuses.
const CANNOT_EXECUTE = 126

/** A static busybox that was seen to run. */
export type Busybox = {
  readonly path: string
  /** its own words, such as `BusyBox v1.35.0 (…)` */
  readonly version: string
  readonly applets: string[]
}

/**
 * Copies a busybox into the workspace and runs the copy, so that what is installed is what was tried.
 *
 * @param path the file to take
 * @param workspace a directory to copy it into
 * @throws SetupError when it is not static, not for this machine, does not run, or is no busybox with a shell
 */
export const takeBusybox = async (path: string, workspace: string): Promise<Busybox> => {
  const problem = staticProblem(path)
  if (problem) throw new SetupError(`${path} ${problem}`)

  // Its name matters: busybox looks at argv[0] to see which applet it is.
  const copy = join(await mkdtemp(join(workspace, 'taken-')), 'busybox')
  await copyFile(path, copy)
  await chmod(copy, 0o755)

  const list = await run({ timeout: '10s' })`${copy} --list`
  if (list.exitCode === CANNOT_EXECUTE) {
    throw new SetupError(`${path} cannot be run here: is this filesystem mounted noexec?`)
  }
  if (list.exitCode !== 0) throw new SetupError(`${path} is no busybox: ${firstComplaint(list)}`)
  const applets = list.stdout.split('\n').filter(Boolean)
  if (!applets.includes('sh')) throw new SetupError(`${path} is no busybox with a shell`)

  const help = await run`${copy} --help 2>&1`
  const version = help.stdout.split(' multi-call')[0]?.split('\n')[0] ?? ''
  return { path: copy, version, applets }
}
