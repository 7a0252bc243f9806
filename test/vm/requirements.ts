import { hasTool } from '../../runner/setup/run-tool.ts'
import { SetupError } from '../../runner/setup/setup-error.ts'
import { type Architecture, hostArchitecture } from './architecture.ts'

/**
 * Looks for all that is needed, before anything is begun.
 * @throws SetupError that names the first tool that is missing, and Debian's package of it
 */
export const requireTools = (architecture: Architecture): void => {
  const packages: Record<string, string> = {
    [architecture.qemu]: architecture.name === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86',
    debootstrap: 'debootstrap',
    mke2fs: 'e2fsprogs',
    setpriv: 'util-linux',
    git: 'git',
    npm: 'npm',
    ...(architecture.name !== hostArchitecture && { [architecture.interpreter]: 'qemu-user-static' }),
  }
  const missing = Object.keys(packages).filter(tool => !hasTool(tool))
  if (missing.length === 0) return
  const cure = `apt-get install ${missing.map(tool => packages[tool]).join(' ')}`
  throw new SetupError(`${missing.join(', ')}: not on this machine: ${cure}`)
}
