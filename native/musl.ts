/** Which of the two libcs a program runs on. */

import { readFileSync } from 'node:fs'

/**
 * Whether a process runs on musl. That is one file, loader and library in one: on Alpine it is called ld-musl-ARCH.so.1,
 * and where musl is installed as its authors have it that name is a link to libc.so. No file of glibc's has either name.
 * @param maps its /proc/PID/maps; this process' unless told
 */
export const isMusl = (maps = readFileSync('/proc/self/maps', 'utf8')): boolean =>
  /\/(ld-musl-[^/]*|libc\.so)$/m.test(maps)
