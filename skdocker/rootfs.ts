/** The root of one of our containers: the layers of its image below, its own directory on top. */

import { MS_BIND } from '#native/linux.ts'
import { mount, type Step } from '#native/steps.ts'
import { enterRootfs } from '#parts/rootfs/enter-rootfs.ts'
import { callersTerminal } from '#parts/rootfs/terminal-name.ts'
import type { Container } from './container-state.ts'
import { home, layers, relativeContainerPaths } from './home-layout.ts'

// Paths are relative: the kernel takes a comma or a colon in an option for its end. Volatile: what is thrown away in the
// end need not be on the disk before; without it the end of a container waits until all that anybody has written is.
const root = ({ id, layers: stack, autoRemove }: Container, merged: string): Step => {
  const { rootfs, upper, work } = relativeContainerPaths(id)
  if (stack.length === 0) return mount(rootfs, merged, null, MS_BIND)
  const lower = stack.map(layer => `${layers}/${layer}`).join(':')
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}${autoRemove ? ',volatile' : ''}`
  return mount('overlay', merged, 'overlay', 0, options)
}

/**
 * Steps that leave a child in the container's root: see enterRootfs().
 * @param attached whether its stdin is ours; a terminal is then known to it as /dev/console
 */
export const enterRoot = (container: Container, attached: boolean): Step[] => {
  const { merged, directory } = relativeContainerPaths(container.id)
  return enterRootfs({
    base: home(),
    mount: root(container, merged),
    merged,
    configuration: directory,
    terminal: attached ? callersTerminal() : undefined,
    workdir: container.workdir,
  })
}
