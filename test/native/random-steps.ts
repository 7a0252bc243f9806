/** Steps with arguments that nobody would think of. */

import type { Argument } from '#native/argument.ts'
import { AT_FDCWD } from '#native/linux.ts'
import * as steps from '#native/steps.ts'

/** The same numbers from 0 to 1 for the same seed. Source: mulberry32, public domain */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

// What has a meaning to a shell, to C, to UTF-8 or to strace itself.
const LETTERS = [...'ab/ .:,;"\'\\`$\n\t\r*?[]{}()<>|&~#%=+-0\x01\x1b\x7fäß中文🐳\u0301\u200b']

/**
 * @param seed which list
 * @returns a few steps, none of which is read() or may end the child
 */
export const randomSteps = (seed: number): steps.Step[] => {
  const next = random(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const some = <T>(from: readonly T[]): T => from[below(from.length)]!
  const text = (most: number): string => Array.from({ length: below(most) }, () => some(LETTERS)).join('')
  const path = (): string => text(some([2, 20, 900]))
  const int = (): number => some([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), below(2 ** 31)])
  const word = (): bigint => some([0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(below(2 ** 32)) * 0x10001n])
  const bytes = (): Uint8Array => Uint8Array.from({ length: below(3000) }, () => below(256))
  const raw = (call: steps.Step['call'], ...args: Argument[]): steps.Step => ({ call, arguments: args })

  const makers: (() => steps.Step | steps.Step[])[] = [
    () => steps.chroot(path()),
    () => steps.chdir(path()),
    () => steps.fchdir(int()),
    () => steps.mount(path(), path(), some([null, text(30)]), below(16), some([null, text(900)])),
    () => steps.umount2(path(), below(16)),
    () => steps.pivot_root(path(), path()),
    () => steps.mount_setattr(path(), below(2 ** 31), { set: below(2 ** 31), clear: below(2 ** 31) }),
    () => steps.sethostname(text(64)),
    () => steps.setns(int(), below(2 ** 31)),
    () => steps.unshare(below(2 ** 31)),
    () => steps.close(int()),
    () => steps.close_range(below(2 ** 31), 0xffffffff, below(8)),
    () => raw('dup3', int(), int(), int()),
    () => raw('prctl', below(2 ** 31), word(), word(), word(), word()),
    () => steps.setuid(below(2 ** 31)),
    () => steps.setgid(below(2 ** 31)),
    () => steps.mkdir(path(), below(0o7777)),
    () => raw('setpgid', int(), int()),
    () => raw('faccessat', AT_FDCWD, path(), below(8)),
    () => {
      const content = bytes()
      return raw('write', below(2 ** 31), content, content.length)
    },
    () => steps.exec(['/', path(), path()], { PATH: path(), [`k${path().replaceAll('=', '')}`]: path() }),
    () => steps.exec([`x${text(9).replaceAll('/', '')}`, path()], { PATH: text(40) }),
  ]
  return Array.from({ length: 1 + below(12) }, () => some(makers)()).flat()
}
