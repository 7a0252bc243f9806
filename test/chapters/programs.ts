/** The programs of the chapters by what they take, for tests that hold for each of them. */

import { basename } from 'node:path'
import { foreignProgram, type World, world } from '../harness/index.ts'

/** Of programs, those to be tested: where another's is put in the place of main.ts, ours have nothing to prove. */
const toBeTested = (files: string[]): string[] =>
  foreignProgram() ? files.filter(file => basename(file) === 'main.ts') : files

/** Those with a pid namespace, and a mount namespace, of their own. */
export const OWN_NAMESPACES = toBeTested(['04-allns/main.ts', '04-allns/leaky-mount.ts'])

/** Those that mount /proc. */
export const MOUNTS_PROC = toBeTested(['03-mount/main.ts', '03-mount/mount-flags.ts', ...OWN_NAMESPACES])

/** Those called with `<rootfs> <command> [argument...]`. */
export const ROOTFS_PROGRAMS = toBeTested(['02-chroot/main.ts', '04-allns/uts.ts', ...MOUNTS_PROC])

/** One of each kind: in the host's namespaces, and with a pid namespace of its own. */
export const BOTH_KINDS = ['02-chroot/main.ts', '04-allns/main.ts']

/**
 * A host whose mounts are private, whatever the real one's are: 04-allns/leaky-mount.ts leaks on any other, and says so.
 * What it does there is tested in shared-subtree.test.ts.
 */
export const privateHost = (): World => world('a host with private mounts', ['mount'])
