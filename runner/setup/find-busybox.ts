import { mkdtemp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Source } from './busybox-sources.ts'
import { say } from './say.ts'
import { SetupError } from './setup-error.ts'
import { staticProblem } from './static-problem.ts'
import { type Busybox, takeBusybox } from './take-busybox.ts'

const noBusybox =
  'no static busybox was found; install one and run it again: ' +
  'apt-get install busybox-static (Debian, Ubuntu), dnf install busybox (Fedora), ' +
  'apk add busybox-static (Alpine), pacman -S busybox (Arch), zypper install busybox-static (openSUSE), ' +
  'or name one with BUSYBOX=/path/to/busybox'

/**
 * A busybox in the workspace: the one `BUSYBOX` names, or the one that is installed already, or that of the
 * first source which has one. Says where it comes from, and why a source was passed over.
 *
 * @param installed where the root filesystem has its busybox
 * @param workspace a directory to work in
 * @param sources where to look, in this order
 * @throws SetupError when `BUSYBOX` is no static busybox, or no source has one
 */
export const findBusybox = async (installed: string, workspace: string, sources: Source[]): Promise<Busybox> => {
  const named = process.env.BUSYBOX
  if (named) return takeNamed(named, workspace)

  if (!staticProblem(installed)) {
    try {
      return await takeBusybox(installed, workspace)
    } catch (error) {
      say(`  ${messageOf(error)}`)
    }
  }
  for (const source of sources) {
    try {
      const found = await source.find(await mkdtemp(join(workspace, 'source-')))
      const busybox = await takeBusybox(found, workspace)
      const place = found.startsWith(workspace) ? '' : ` (${found})`
      say(`  took ${busybox.version} from ${source.name}${place}`)
      return busybox
    } catch (error) {
      say(`  not from ${source.name}: ${messageOf(error).replaceAll(`${workspace}/`, '')}`)
    }
  }
  throw new SetupError(noBusybox)
}

const takeNamed = async (named: string, workspace: string): Promise<Busybox> => {
  // npm runs scripts in the package's directory, and says in INIT_CWD where the reader stood.
  const path = resolve(process.env.INIT_CWD ?? '.', named)
  try {
    const busybox = await takeBusybox(path, workspace)
    say(`  took ${busybox.version} from BUSYBOX=${named}`)
    return busybox
  } catch (error) {
    throw new SetupError(`BUSYBOX: ${messageOf(error)}; name a static busybox, or leave BUSYBOX unset`)
  }
}

/** Why a busybox was refused; any other error goes on to the reader. */
const messageOf = (error: unknown): string => {
  if (error instanceof SetupError) return error.message
  throw error
}
