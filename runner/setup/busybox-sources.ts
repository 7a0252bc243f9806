import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { aptGet } from './apt-get.ts'
import { programs, requireSuccess, requireTool, run } from './run-tool.ts'
import { say } from './say.ts'
import { SetupError } from './setup-error.ts'
import { staticProblem } from './static-problem.ts'

/** A place a static busybox can come from. */
export type Source = {
  readonly name: string
  /**
   * @param workspace an empty directory to work in
   * @returns the path of a busybox
   * @throws SetupError that says why there is none here
   */
  find(workspace: string): Promise<string>
}

const searchPath: Source = {
  name: 'PATH',
  async find() {
    const found = ['busybox', 'busybox.static'].flatMap(programs)
    const fit = found.find(path => !staticProblem(path))
    if (fit) return fit
    throw new SetupError(found.map(path => `${path} ${staticProblem(path)}`).join(', ') || 'no busybox there')
  },
}

const apt: Source = {
  name: 'apt-get download busybox-static',
  async find(workspace) {
    requireTool('apt-get')
    requireTool('dpkg-deb')
    await aptGet(['download', 'busybox-static'], workspace)
    requireSuccess(await run({ cwd: workspace })`dpkg-deb -x *.deb .`)
    return unpackedBusybox(workspace)
  },
}

const apk: Source = {
  name: 'apk fetch busybox-static',
  async find(workspace) {
    requireTool('apk')
    say('  apk fetch busybox-static …')
    requireSuccess(await run({ cwd: workspace })`apk fetch --no-cache --output . busybox-static`)
    requireSuccess(await run({ cwd: workspace })`tar -xzf busybox-static-*.apk`)
    return unpackedBusybox(workspace)
  },
}

const dnf: Source = {
  name: 'dnf download busybox',
  async find(workspace) {
    requireTool('dnf')
    say('  dnf download busybox …')
    requireSuccess(await run({ cwd: workspace })`dnf -q download --destdir . busybox`)
    const unpack = programs('cpio').length
      ? run({ cwd: workspace })`rpm2cpio busybox-*.rpm | cpio -idm`
      : run({ cwd: workspace })`rpm2archive busybox-*.rpm && tar -xzf busybox-*.tgz`
    requireSuccess(await unpack)
    return unpackedBusybox(workspace)
  },
}

const engine = (name: string): Source => ({
  name: `${name} export busybox`,
  async find(workspace) {
    requireTool(name)
    requireSuccess(await run({ timeout: '20s' })`${name} version`)
    say(`  ${name} create busybox, which may have to be pulled …`)
    const created = requireSuccess(await run({ timeout: '5m' })`${name} create busybox`)
    const container = created.stdout.trim()
    try {
      // All of bin, since bin/busybox is a hard link to the first applet in it.
      requireSuccess(await run({ cwd: workspace })`${name} export ${container} | tar -x bin`)
    } finally {
      await run`${name} rm -f ${container}`
    }
    return unpackedBusybox(workspace)
  },
})

/** All sources, in the order in which they are tried. */
export const sources: Source[] = [searchPath, apt, apk, dnf, engine('docker'), engine('podman')]

const unpackedBusybox = (directory: string): string => {
  const names = ['bin/busybox', 'usr/bin/busybox', 'sbin/busybox', 'usr/sbin/busybox']
  const found = names.flatMap(name => [name, `${name}.static`]).find(name => existsSync(join(directory, name)))
  if (!found) throw new SetupError('there is no busybox in the package')
  return join(directory, found)
}
