import { join } from 'node:path'
import { completeRootfs } from './complete-rootfs.ts'
import { completeTools } from './complete-tools.ts'
import { packImages } from './pack-images.ts'
import { hasTool } from './run-tool.ts'
import { say, warn } from './say.ts'

/**
 * Completes what the chapters need beside the packages: the root filesystem, the tools of the host, the images.
 * Safe to run twice, and to run again after it was interrupted.
 *
 * @param repository the directory of the workbook
 * @throws SetupError when there is no static busybox; a lack of anything later chapters need only warns
 */
export const completeSetup = async (repository: string): Promise<void> => {
  const rootfs = join(repository, 'busybox')
  say('[1/3] busybox/, the root filesystem of the chapters')
  await completeRootfs(rootfs)
  say('[2/3] tools of this machine for later chapters')
  await completeTools(repository)
  say('[3/3] images/ for chapter 07')
  if (hasTool('tar')) await packImages(join(repository, 'images'), join(rootfs, 'bin/busybox'))
  else warn('images/ is not packed, since GNU tar is missing: install it and run it again')
  say('Setup is complete.')
}
