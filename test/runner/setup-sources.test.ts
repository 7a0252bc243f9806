import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { busyboxPath, firstOnPath, oddDirectory, sameBytes, writeTool } from './setup-fixture.ts'

beforeEach(() => {
  vi.resetModules()
  vi.spyOn(console, 'log').mockImplementation(() => {})
})
afterEach(() => void vi.unstubAllEnvs())

/** What `docker export` gives: all applets are hard links, and bin/busybox is not the first of them. */
const exportedImage = (directory: string): void => {
  mkdirSync(join(directory, 'image/bin'), { recursive: true })
  execFileSync('cp', [busyboxPath, join(directory, 'image/bin/[')])
  linkSync(join(directory, 'image/bin/['), join(directory, 'image/bin/busybox'))
  execFileSync('tar', ['-cf', 'export.tar', '-C', 'image', 'bin/[', 'bin/busybox'], { cwd: directory })
}

test.each([true, false])('an engine is left without the container, whether its export works: %s', async works => {
  const directory = firstOnPath()
  exportedImage(directory)
  writeTool(
    directory,
    'docker',
    `cd "$(dirname "$0")"; echo "$*" >> log
     case $1 in
       create) echo 'Pulling from library' >&2; echo 0123abcd ;;
       export) ${works ? 'cat export.tar' : 'echo broken >&2; exit 1'} ;;
     esac`,
  )
  const { sources } = await import('../../runner/setup/busybox-sources.ts')
  const docker = sources.find(source => source.name.startsWith('docker'))
  const found = docker?.find(oddDirectory())
  if (works) expect(sameBytes(String(await found), busyboxPath)).toBe(true)
  else await expect(found).rejects.toThrow('broken')
  expect(readFileSync(join(directory, 'log'), 'utf8')).toBe(
    'version\ncreate busybox\nexport 0123abcd\nrm -f 0123abcd\n',
  )
})

test('an engine that does not answer is asked for nothing', async () => {
  const directory = firstOnPath()
  writeTool(directory, 'podman', `echo "$*" >> "$(dirname "$0")/log"; echo 'Cannot connect' >&2; exit 1`)
  const { sources } = await import('../../runner/setup/busybox-sources.ts')
  const podman = sources.find(source => source.name.startsWith('podman'))
  await expect(podman?.find(oddDirectory())).rejects.toThrow('Cannot connect')
  expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('version\n')
})

test('a busybox on PATH is taken only when it is static', async () => {
  const directory = firstOnPath()
  symlinkSync(process.execPath, join(directory, 'busybox'))
  // Before it is loaded: the machine may have a static one of its own.
  vi.stubEnv('PATH', directory)
  const { sources } = await import('../../runner/setup/busybox-sources.ts')
  await expect(sources[0]?.find(directory)).rejects.toThrow(/busybox is dynamically linked/)
  symlinkSync(busyboxPath, join(directory, 'busybox.static'))
  expect(await sources[0]?.find(directory)).toBe(join(directory, 'busybox.static'))
})
