import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRoot } from '../is-root.ts'
import { run } from './run-tool.ts'
import type { Skeleton } from './skeleton.ts'
import type { Busybox } from './take-busybox.ts'

const installBusybox = async (directory: string, { path, applets }: Busybox): Promise<void> => {
  const binary = join(directory, 'busybox')
  await copyFile(path, binary)
  await chmod(binary, 0o755)
  for (const applet of applets) {
    if (applet !== 'busybox') await symlink('busybox', join(directory, applet))
  }
}

/**
 * Builds a root filesystem. Every mode is set with chmod(2), so that the umask has no say. Device files are
 * made when root and the kernel allow it, and left out otherwise: mknod(2).
 *
 * @param directory where to build it; must not exist
 */
export const buildRootfs = async (directory: string, busybox: Busybox, skeleton: Skeleton): Promise<void> => {
  for (const [path, mode] of Object.entries(skeleton.directories)) {
    await mkdir(join(directory, path))
    await chmod(join(directory, path), mode)
  }
  for (const [path, { mode, content }] of Object.entries(skeleton.files)) {
    await writeFile(join(directory, path), content)
    await chmod(join(directory, path), mode)
  }
  if (skeleton.hasBusybox) await installBusybox(join(directory, 'bin'), busybox)
  for (const [name, major, minor] of isRoot() ? skeleton.devices : []) {
    await run`${busybox.path} mknod -m 666 ${join(directory, 'dev', name)} c ${major} ${minor}`
  }
}
