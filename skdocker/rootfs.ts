/** The root of one of our containers: the layers of its image below, its own directory on top. */

import { mountOverlay } from '#chapters/07-unionfs/overlay.ts'
import type { Step } from '#native/steps.ts'
import { enterRootfs } from '#parts/rootfs/enter-rootfs.ts'
import { callersTerminal } from '#parts/rootfs/terminal-name.ts'
import { type Container, directoryOf } from './container.ts'
import { home, layers } from './home.ts'

// Volatile: what is thrown away in the end need not be on the disk before; without it the end of a container waits until
// all that anybody has written is.
const root = ({ id, layers: stack, autoRemove }: Container): Step => {
  const lower = stack.map(layer => `${layers}/${layer}`)
  return mountOverlay(lower, directoryOf(id), ...(autoRemove ? ['volatile'] : []))
}

/**
 * Steps that leave a child in the container's root: see enterRootfs().
 * @param attached whether its stdin is ours; a terminal is then known to it as /dev/console
 */
export const enterRoot = (container: Container, attached: boolean): Step[] => {
  const own = directoryOf(container.id)
  const merged = `${own}/merged`
  return enterRootfs({
    base: home(),
    mount: root(container),
    merged,
    configuration: own,
    terminal: attached ? callersTerminal() : undefined,
    workdir: container.workdir,
  })
}
