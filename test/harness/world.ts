import { atEndOfFile } from './at-end.ts'
import { environment } from './environment.ts'
import { LiveProcess } from './live-process.ts'
import { declareBystander } from './mark.ts'
import { repository } from './repository.ts'

/** Where a command runs: its directory and, in shell, what is done before it in the same process. */
type Place = { readonly cwd: string; readonly setup: string | undefined }

/** A set of namespaces in which commands are run and of which pictures are taken. */
export type World = {
  readonly name: string
  /** A process in these namespaces: its /proc/PID/mountinfo is that of the world. */
  pid(): Promise<number>
  /** The words that run `words` in this world. They exec one another: the pid stays the same. */
  enter(words: readonly string[], place: Place): Promise<string[]>
}

/** The machine as the test runner sees it. */
export const host: World = {
  name: 'host',
  pid: async () => process.pid,
  enter: async (words, { setup }) => (setup ? ['sh', '-ec', `${setup}\nexec "$@"`, 'sh', ...words] : [...words]),
}

// cat ends with its input, so that the world is gone even when the test runner is killed.
const startHolder = async (flags: readonly string[], setup: string): Promise<number> => {
  const words = ['unshare', ...flags, 'sh', '-ec', `${setup}\necho ready\nexec cat`]
  const holder = new LiveProcess(words, { cwd: repository, env: environment(), input: 'pipe' })
  declareBystander(holder.pid)
  atEndOfFile(() => holder.end())
  await holder.stdout.waitFor('ready')
  return holder.pid
}

/**
 * A world with namespaces of its own, made when it is first used and gone at the end of the test file.
 * @param name for the reports
 * @param types as unshare(1) and nsenter(1) call them. Mounts start as private copies of the host's.
 * @param setup a shell script that furnishes it
 */
export const world = (name: string, types: readonly ('mount' | 'net' | 'uts' | 'ipc')[], setup = ''): World => {
  const flags = types.map(type => `--${type}`)
  let holder: Promise<number> | undefined
  const pid = () => {
    holder ??= startHolder(flags, setup)
    return holder
  }
  return {
    name,
    pid,
    enter: async (words, { cwd, setup = '' }) => {
      const script = `cd "$1"; shift\n${setup}\nexec "$@"`
      return ['nsenter', '--target', `${await pid()}`, ...flags, '--', 'sh', '-ec', script, 'sh', cwd, ...words]
    },
  }
}

/**
 * A host whose `/` and all below is shared, as systemd has it: what is mounted in a mount namespace
 * cloned from it appears on the host too. See mount_namespaces(7).
 */
export const sharedHost = (): World => world('host with shared /', ['mount'], 'mount --make-rshared /')
