import { join } from 'node:path'
import { home } from '#parts/home-directory.ts'
import { isRoot } from '../is-root.ts'
import { pageBundle } from '../page/bundle.ts'
import { completeRootfs } from './complete-rootfs.ts'
import { completeTools } from './complete-tools.ts'
import { packImages } from './pack-images.ts'
import { hasTool } from './run-tool.ts'
import { say, warn } from './say.ts'
import { SetupError } from './setup-error.ts'
import { tryPromises } from './try-promises.ts'

const COMPLETE_FOR_A_USER =
  'Setup is complete for chapter 01. The others take root, and were not tried: run it once more with sudo.'

/**
 * Completes what the chapters need beside the packages: the root filesystem, the tools of the host, the images.
 * Then it tries what the README promises. Safe to run twice, and to run again after it was interrupted.
 *
 * @param repository the directory of the workbook
 * @throws SetupError when there is no static busybox, or something of what the README promises does not work
 */
export const completeSetup = async (repository: string): Promise<void> => {
  const rootfs = join(repository, 'busybox')
  say('[1/5] busybox/, the root filesystem of the chapters')
  await completeRootfs(rootfs)
  say('[2/5] tools of this machine for later chapters')
  await completeTools(repository)
  const images = join(home(), 'images')
  say(`[3/5] ${images}, for chapter 07`)
  if (hasTool('tar')) await packImages(images, join(rootfs, 'bin/busybox'))
  else warn('images/ is not packed, since GNU tar is missing: install it and run it again')
  say('[4/5] web/built/, what a browser gets of the page')
  await pageBundle()
  say('[5/5] trying what the README promises')
  const complaints = await tryPromises(repository)
  if (complaints.length > 0) throw new SetupError(`it is not complete: ${complaints.join('; ')}`)
  say(isRoot() ? 'Setup is complete.' : COMPLETE_FOR_A_USER)
}
