/** Where everything lies below home(), and in the directory of a container. */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '#native/index.ts'
import { home } from '#parts/home-directory.ts'

export { IMAGES as images, LAYERS as layers } from '#chapters/07-unionfs/image.ts'
export { home } from '#parts/home-directory.ts'
export { HALF } from '#parts/image/layer-store.ts'

/** Below home(). The kernel is given relative paths, so that no character of home() can end an option of a mount. */
export const containers = 'containers'

/** Whether the containers belong to another user. Only that user may look at them and clean up after them. */
export const areContainersOthers = (): boolean => {
  try {
    accessSync(join(home(), containers), constants.R_OK | constants.X_OK)
    return false
  } catch (error) {
    return hasErrno(error, 'EACCES')
  }
}

/** What can name a container or its directory. `.`, `..` and `a/b` cannot. */
export const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

/** The form of the ids that containers get. Nobody else is likely to give a directory or a group such a name. */
export const CONTAINER_ID = /^[0-9a-f]{12}$/

/** Whether an entry of containers/ is skdocker's. The programs of the chapters have directories there, such as `07-unionfs`. */
export const isContainerEntry = (name: string): boolean => CONTAINER_NAME.test(name) && !/^\d\d-/.test(name)

/** The directory of a container that is half made or half removed: its name is no container's. */
export const hiddenDirectory = (id: string): string => `.${id}`

/** Whether an entry of containers/ is such a directory. Anybody may have put other hidden files there. */
export const isHidden = (name: string): boolean => name.startsWith('.') && CONTAINER_ID.test(name.slice(1))

const FILES = {
  /** what is known of it, as JSON */
  state: 'state.json',
  /** what is mounted over its /etc/hostname, /etc/hosts and /etc/resolv.conf */
  hostname: 'hostname',
  hosts: 'hosts',
  resolvConf: 'resolv.conf',
  /** what it has changed of its image */
  upper: 'upper',
  /** what overlayfs needs besides */
  work: 'work',
  /** where its root is mounted, in its own mount namespace */
  merged: 'merged',
  /** what it has written, where it is detached */
  log: 'log',
  /** four bytes for its wait status: see exit-status.ts */
  status: 'status',
} as const

/** The paths of what is in a container's directory, and of the directory itself. */
export type ContainerPaths = Readonly<Record<keyof typeof FILES | 'directory', string>>

const pathsIn = (directory: string): ContainerPaths => {
  const paths = Object.fromEntries(Object.entries(FILES).map(([key, name]) => [key, `${directory}/${name}`]))
  return { ...(paths as Record<keyof typeof FILES, string>), directory }
}

/** The paths of a container's files, from anywhere. */
export const containerPaths = (id: string): ContainerPaths => pathsIn(join(home(), containers, id))

/** The same, relative to home(). */
export const relativeContainerPaths = (id: string): ContainerPaths => pathsIn(`${containers}/${id}`)
