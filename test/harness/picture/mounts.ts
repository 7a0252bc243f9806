import { type Mount, mountinfo } from '../../../runner/probe/mountinfo.ts'

const groupNumber = (id: string, groups: Map<string, number>): number => {
  const number = groups.get(id) ?? groups.size + 1
  groups.set(id, number)
  return number
}

const line = (mount: Mount, on: string | undefined, groups: Map<string, number>): string => {
  const { mountPoint, root, type, source, options, superOptions, propagation } = mount
  const peers = propagation.map(field => field.replace(/:(\d+)/, (_, id) => `:${groupNumber(id, groups)}`))
  const what = `${type} ${source}${root === '/' ? '' : ` ${root}`}`
  return [mountPoint, `on ${on ?? 'nothing'}:`, what, options, superOptions, ...peers].join(' ')
}

/**
 * The mounts a process sees, one line each, in the kernel's order. The numbers that the kernel gives to
 * mounts and peer groups are replaced by what they stand for, so that a mount can be compared with itself.
 */
export const mounts = (pid: number): string[] => {
  const all = mountinfo(pid)
  const points = new Map(all.map(({ id, mountPoint }) => [id, mountPoint]))
  const groups = new Map<string, number>()
  return all.map(mount => line(mount, points.get(mount.parent), groups))
}
