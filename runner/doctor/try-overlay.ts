/** overlayfs, on the filesystem on which chapter 07 uses it, in a mount namespace of its own. */

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno, type ProgramError } from '#native/index.ts'
import { CLONE_NEWNS, MS_PRIVATE, MS_REC } from '#native/linux.ts'
import { chdir, mkdir, mount, type Step } from '#native/steps.ts'
import { containers, home } from '#skdocker/home-layout.ts'
import { isRoot } from '../is-root.ts'
import { lineForReader } from '../setup/setup-error.ts'
import { withWorkspace } from '../setup/workspace.ts'
import { chaptersFrom, type Finding, missing, ok, splitMessage, unknown } from './finding.ts'
import { whyRefused } from './try-steps.ts'

const PARTS = ['lower', 'upper', 'work', 'merged']

const isolated = mount('none', '/', null, MS_REC | MS_PRIVATE)
const overlay = mount('overlay', 'merged', 'overlay', 0, 'lowerdir=lower,upperdir=upper,workdir=work')

/** The same in memory: what is wrong then is not the filesystem of the workbook. */
const inMemory: Step[] = [
  isolated,
  mount('doctor', '/proc', 'tmpfs'),
  chdir('/proc'),
  ...PARTS.map(part => mkdir(part)),
  overlay,
]

/** The directory in which overlays will be mounted. It may be a filesystem of its own, as in the devcontainer. */
const place = (): string => [join(home(), containers)].find(existsSync) ?? home()

const onDisk = (): Promise<ProgramError | undefined> =>
  withWorkspace(place(), workspace => {
    for (const part of PARTS) mkdirSync(join(workspace, part))
    return whyRefused([isolated, chdir(workspace), overlay], CLONE_NEWNS)
  })

const subject = { id: 'overlay', name: 'overlayfs', chapters: chaptersFrom(7) }

const inGeneral = async (): Promise<Finding | undefined> => {
  const error = await whyRefused(inMemory, CLONE_NEWNS)
  if (!error) return undefined
  const { found, cure } = splitMessage(error)
  const isUnknown = hasErrno(error, 'ENODEV')
  return missing(subject, found, isUnknown ? 'load it into the kernel: modprobe overlay' : cure)
}

/**
 * Tries overlayfs.
 * @param place whether there are mount namespaces to try it in
 */
export const overlayfs = async (place: { mnt: boolean }): Promise<Finding> => {
  if (!isRoot()) return unknown(subject, 'not tried: only root may mount it')
  if (!place.mnt) return unknown(subject, 'not tried: there is no mount namespace to try it in')
  const lack = await inGeneral()
  if (lack) return lack
  try {
    const error = await onDisk()
    if (!error) return ok(subject, 'mounted one in the workbook’s directory')
    const cure = `this filesystem cannot carry it: move the workbook to a local disk, or set SKDOCKER_HOME to one`
    return missing(subject, splitMessage(error).found, cure)
  } catch (error) {
    const line = lineForReader(error)
    if (!line) throw error
    return missing(
      subject,
      line,
      'chapter 07 writes below this directory: copy the workbook to where that can be done',
    )
  }
}
