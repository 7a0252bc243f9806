/** Mounts in the root filesystem of the chapters: chapter 03's /proc, if its caretaker was killed, or one made by hand. */

import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { libc } from '#native/index.ts'
import { UMOUNT_NOFOLLOW } from '#native/linux.ts'
import { mounts } from '#native/mountinfo.ts'
import { home } from '#parts/home-directory.ts'
import { projectRoot } from '../lesson/chapters.ts'
import type { Leftover, Search } from './leftover.ts'

const PLACES = [join(projectRoot, 'busybox'), ...['containers', 'images'].map(name => join(home(), name))]

const isOurs = (point: string): boolean => PLACES.some(place => point.startsWith(`${place}/`))

const linkOf = (pid: string, name: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/${name}`)
  } catch {
    return '' // it has ended, or is none of our business
  }
}

// In another mount namespace the same path may lead somewhere else, so its processes do not count.
const isHere = (pid: string): boolean => linkOf(pid, 'ns/mnt') === linkOf('self', 'ns/mnt')

/** Who has its root or its working directory where a mount is, or around it. */
const users = (point: string): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && isHere(name))
    .filter(pid => {
      const root = linkOf(pid, 'root')
      return isOurs(`${root}/`) && `${point}/`.startsWith(`${root}/`)
    })

const leftover = (point: string): Leftover => {
  const pids = users(point)
  return {
    what: `mount ${point}`,
    usedBy: pids.length > 0 ? `processes ${pids.join(', ')}, whose root is there` : undefined,
    remove: async () => libc.umount2(point, UMOUNT_NOFOLLOW),
  }
}

/** What is mounted below one of our directories. */
export const mountPoints = (): string[] =>
  mounts()
    .map(({ mountPoint }) => mountPoint)
    .filter(isOurs)

/** Looks for mounts, the innermost first. */
export const findMounts = (): Search => ({
  leftovers: mountPoints().toReversed().map(leftover),
  unseen: [],
})
