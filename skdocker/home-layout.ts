/** Where everything lies: below SKDOCKER_HOME, or the directory of this project, and in the directory of a container. */

import { join, resolve } from 'node:path'

/** The directory of images/ and containers/. */
export const home = (): string => resolve(process.env.SKDOCKER_HOME || join(import.meta.dirname, '..'))

/** Below home(). The kernel is given relative paths, so that no character of home() can end an option of a mount. */
export const images = 'images'
export const layers = 'images/.layers'
export const containers = 'containers'

/** At the end of the name of a layer that is being made. A layer without it is whole. */
export const HALF = '.half'

/** What can name a container or its directory: `.`, `..`, `a/b` cannot. */
export const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

/** The directory of a container that is half made or half removed: its name is no container's. */
export const hiddenDirectory = (id: string): string => `.${id}`

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
  /** its own whole copy of an image, where it has no layers */
  rootfs: 'rootfs',
  /** what it has written, where it is detached */
  log: 'log',
  /** four bytes in which the shim of a detached one leaves its wait status */
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
