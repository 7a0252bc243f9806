import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  command,
  eventually,
  freshRootfs,
  hostUnchanged,
  isAlive,
  type Mount,
  mountinfo,
  needs,
  ours,
  program,
  sharedHost,
  temporaryDirectory,
} from '../harness/index.ts'
import { startShell } from './container.ts'

describe('a host with shared /', needs('root', 'busybox'), () => {
  const shared = sharedHost()
  hostUnchanged(shared)

  const mountsBelow = async (rootfs: string): Promise<Mount[]> =>
    mountinfo(await shared.pid()).filter(({ mountPoint }) => mountPoint.startsWith(`${rootfs}/`))

  const mountOutside = async (rootfs: string): Promise<void> => {
    await command('mount', '-t', 'tmpfs', 'outer', join(rootfs, 'var')).on(shared).run()
  }

  const umountOutside = async (rootfs: string): Promise<void> => {
    await command('umount', join(rootfs, 'var')).on(shared).run()
  }

  const propagation = (pid: number): string[] => mountinfo(pid).flatMap(mount => mount.propagation)

  test('04-allns/main.ts leaves no mount on the host, ended or killed (row 22)', async () => {
    const rootfs = await freshRootfs()
    expect(await (await startShell('04-allns/main.ts', [rootfs], { world: shared })).exit(5)).toMatchObject({
      code: 5,
    })
    expect(await mountsBelow(rootfs)).toEqual([])
    const { starter, init } = await startShell('04-allns/main.ts', [rootfs], { world: shared })
    starter.kill('SIGKILL')
    await eventually('its end', () => (isAlive(init) ? undefined : true))
    await expect.poll(() => mountsBelow(rootfs)).toEqual([])
  })

  describe('04-allns/leaky-mount.ts', ours(), () => {
    const start = (rootfs: string) => startShell('04-allns/leaky-mount.ts', [rootfs], { world: shared })

    test('says that its /proc leaks, lets it be seen, and takes it away', async () => {
      const rootfs = await freshRootfs()
      const container = await start(rootfs)
      expect(await mountsBelow(rootfs)).toMatchObject([{ mountPoint: join(rootfs, 'proc'), type: 'proc' }])
      const { stderr } = await container.exit()
      expect(stderr).toMatch(/^skdocker: [^\n]*shared[^\n]*04-allns\/main\.ts[^\n]*\n$/)
      expect(stderr).toContain(join(rootfs, 'proc'))
      expect(await mountsBelow(rootfs)).toEqual([])
    })

    test('takes it away also when it is killed (row 22)', async () => {
      const rootfs = await freshRootfs()
      const container = await start(rootfs)
      expect(await mountsBelow(rootfs)).toHaveLength(1)
      container.starter.kill('SIGKILL')
      await eventually('the host without the mount', async () =>
        (await mountsBelow(rootfs)).length === 0 ? true : undefined,
      )
      await expect.poll(() => isAlive(container.init)).toBe(false)
    })

    test('is not private: what is mounted on either side is seen on the other', async () => {
      const rootfs = await freshRootfs()
      const container = await start(rootfs)
      await container.ask('mount -t tmpfs inner /tmp')
      expect((await mountsBelow(rootfs)).map(({ source }) => source)).toEqual(['proc', 'inner'])
      await mountOutside(rootfs)
      expect(mountinfo(container.init).map(({ source }) => source)).toEqual(['proc', 'inner', 'outer'])
      await container.ask('umount /tmp')
      await umountOutside(rootfs)
      expect(mountinfo(container.init).map(({ source }) => source)).toEqual(['proc'])
    })

    test('has nothing to say of a root filesystem in a mount that is private', async () => {
      const directory = await temporaryDirectory()
      const island = join(directory, 'an island')
      mkdirSync(island)
      const mount = 'mount -t tmpfs island "$0" && mount --make-private "$0" && cp -a busybox "$0/rootfs"'
      await command('sh', '-c', mount, island).on(shared).run()
      const { stderr, code } = await program('04-allns/leaky-mount.ts')
        .on(shared)
        .run([join(island, 'rootfs'), '/bin/true'])
      await command('umount', island).on(shared).run()
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    })

    test('a container in / itself, which could take away what the host has on /proc, is refused (row 22)', async () => {
      const proc = mountinfo(await shared.pid()).filter(({ mountPoint }) => mountPoint === '/proc')
      const { code } = await program('04-allns/leaky-mount.ts').on(shared).run(['/', 'umount', '/proc'])
      const left = mountinfo(await shared.pid()).filter(({ mountPoint }) => mountPoint === '/proc')
      if (left.length < proc.length) await command('mount', '-t', 'proc', 'proc', '/proc').on(shared).run()
      expect({ code, left: left.length }).toEqual({ code: 125, left: proc.length }) // it is refused
    })
  })

  describe('04-allns/main.ts', ours(), () => {
    test('nothing mounted inside is seen outside, nothing mounted outside later is seen inside (row 23)', async () => {
      const rootfs = await freshRootfs()
      const container = await startShell('04-allns/main.ts', [rootfs], { world: shared })
      await container.ask('mount -t tmpfs inner /tmp')
      expect(await mountsBelow(rootfs)).toEqual([])
      await mountOutside(rootfs)
      expect(mountinfo(container.init).map(({ source }) => source)).toEqual(['proc', 'inner'])
      await umountOutside(rootfs)
      expect(await container.ask('umount /proc; ls /proc')).toBe('')
      expect(await container.exit()).toMatchObject({ code: 0, stderr: '' })
    })

    test('not one of its mounts is shared, down to the last (row 23)', async () => {
      const container = await startShell('04-allns/main.ts', ['/'], { world: shared, root: 'host' })
      expect(propagation(container.init)).toEqual([])
      expect(propagation(await shared.pid())).not.toEqual([])
    })
  })
})
