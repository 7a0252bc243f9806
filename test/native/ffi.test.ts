import { expect, test } from 'vitest'
import { isMusl } from '#native/ffi.ts'

/** Maps of a process in which node and one library are. */
const maps = (library: string): string => `\
55d0c2a00000-55d0c2a45000 r--p 00000000 fe:00 1311 /opt/musl/libc.so/bin/node
7f0e1c400000-7f0e1c426000 r--p 00000000 fe:00 2622 ${library}
7ffd5a1c3000-7ffd5a1e4000 rw-p 00000000 00:00 0    [stack]
`

test.each([
  ['Alpine', '/lib/ld-musl-x86_64.so.1', true],
  ['Alpine on arm64', '/lib/ld-musl-aarch64.so.1', true],
  ['Void, and as musl installs itself', '/usr/lib/libc.so', true],
  ["Debian's package musl", '/usr/lib/x86_64-linux-musl/libc.so', true],
  ['Debian 12', '/usr/lib/x86_64-linux-gnu/libc.so.6', false],
  ['Debian 11', '/usr/lib/x86_64-linux-gnu/libc-2.31.so', false],
])('%s', (_, library, musl) => {
  expect(isMusl(maps(library))).toBe(musl)
})

test('this process is told as Node tells it', () => {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  expect(isMusl()).toBe(header.glibcVersionRuntime === undefined)
})
