import { mkdirSync, renameSync, rmdirSync, statSync, symlinkSync } from 'node:fs'
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
  namespaces,
  needs,
  ours,
  program,
  type StartOptions,
} from '../harness/index.ts'
import { startShell } from './container.ts'
import { MOUNTS_PROC, privateHost } from './programs.ts'

const MAIN = '03-mount/main.ts'
const FLAGS = '03-mount/mount-flags.ts'

/** Ours with flags has nothing to prove where another's program is put in the place of main.ts. */
const programs = MOUNTS_PROC.filter(file => file === MAIN || file === FLAGS)

const place = privateHost()

const mountsBelow = async (path: string): Promise<Mount[]> =>
  mountinfo(await place.pid()).filter(({ mountPoint }) => mountPoint.startsWith(`${path}/`))

const mountsGone = (path: string) =>
  eventually('the host without the mount', async () => ((await mountsBelow(path)).length === 0 ? true : undefined))

const start = (file: string, rootfs: string, options: StartOptions = {}) =>
  startShell(file, [rootfs], { ...options, world: place })

const run = (rootfs: string, path: string) => program(MAIN).on(place).run([rootfs, path])

/** What pwd says in a container: that nothing is left by a program that has made none proves nothing. */
const inRoot = { stdout: '/\n', stderr: '', code: 0 }

describe('03-mount', needs('root', 'busybox'), () => {
  hostUnchanged(place)

  test('/proc shows the host and its process 1, and ps is full', async () => {
    const container = await start(MAIN, await freshRootfs())
    const pids = (await container.ask('ps -o pid')).split('\n').map(line => line.trim())
    expect(pids).toEqual(expect.arrayContaining([1, process.pid, container.init].map(String)))
    const looks = await container.ask('echo $$; cat /proc/1/comm; cat /proc/$$/comm; readlink /proc/self/ns/pid')
    const { stdout: comm } = await command('cat', '/proc/1/comm').run()
    expect(looks).toBe(`${container.init}\n${comm}sh\n${namespaces().pid}\n`)
    expect(namespaces(container.init)).toEqual(namespaces(await place.pid()))
  })

  test('two containers with a root each see one another', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map(async name => start(MAIN, await freshRootfs(name))))
    const inode = (path: string) => statSync(path).ino
    expect(inode(`/proc/${one!.init}/root/`)).not.toBe(inode(`/proc/${two!.init}/root/`))
    expect(await one!.ask('ps -o pid')).toMatch(new RegExp(`^ *${two!.init}$`, 'm'))
    expect(await two!.ask('ps -o pid')).toMatch(new RegExp(`^ *${one!.init}$`, 'm'))
    expect(await two!.ask(`stat -c %i /proc/${one!.init}/root/`)).toBe(`${inode(`/proc/${one!.init}/root/`)}\n`)
  })

  test('while it runs, its /proc is a mount of the host like any other', async () => {
    const rootfs = await freshRootfs()
    const container = await start(MAIN, rootfs)
    expect(await mountsBelow(rootfs)).toMatchObject([{ mountPoint: join(rootfs, 'proc'), type: 'proc', root: '/' }])
    expect((await mountsBelow(rootfs))[0]!.options).not.toContain('noexec')
    expect(await container.exit(4)).toMatchObject({ code: 4, stderr: '' })
    expect(await mountsBelow(rootfs)).toEqual([])
  })

  test(
    'mount-flags.ts mounts it without programs, devices and set-user-id, and looks for commands in /bin',
    ours(),
    async () => {
      const rootfs = await freshRootfs()
      const container = await start(FLAGS, rootfs, { setup: 'PATH=/nowhere' })
      const [proc] = await mountsBelow(rootfs)
      expect(proc).toMatchObject({ mountPoint: join(rootfs, 'proc'), type: 'proc' })
      expect(proc!.options).toEqual(expect.arrayContaining(['nosuid', 'nodev', 'noexec']))
      expect(await container.ask('echo $PATH; ls -d /bin')).toBe('/bin\n/bin\n')
    },
  )

  test('main.ts leaves PATH to the caller', async () => {
    const { stdout } = await program(MAIN)
      .on(place)
      .run(['busybox', '/bin/sh', '-c', 'echo $PATH; pwd'], { setup: 'PATH=/x' })
    expect(stdout).toBe('/x\n/\n')
  })

  describe('no mount is left behind (row 22)', () => {
    test.each(programs)('when %s is killed', async file => {
      const rootfs = await freshRootfs()
      const container = await start(file, rootfs)
      container.starter.kill('SIGKILL')
      await mountsGone(rootfs)
      await expect.poll(() => isAlive(container.init)).toBe(false)
    })

    test('when its whole process group is killed', async () => {
      const rootfs = await freshRootfs()
      const container = await start(MAIN, rootfs)
      process.kill(-container.starter.pid, 'SIGKILL')
      await mountsGone(rootfs)
    })

    test('when the command cannot be started', async () => {
      const rootfs = await freshRootfs()
      expect(await run(rootfs, '/bin/pwd')).toMatchObject(inRoot)
      expect(await run(rootfs, '/no/such')).toMatchObject({ code: 127 })
      expect(await mountsBelow(rootfs)).toEqual([])
    })
  })

  test('a container that has taken its /proc away itself ends well (row 22)', async () => {
    const rootfs = await freshRootfs()
    const container = await start(MAIN, rootfs)
    expect(await container.ask('umount /proc; ls /proc')).toBe('')
    expect(await container.exit()).toMatchObject({ code: 0, stderr: '' })
  })

  describe('a mount that was there before (row 22)', () => {
    const mountBefore = async (): Promise<string> => {
      const rootfs = await freshRootfs()
      await command('mount', '-t', 'tmpfs', 'before', `${rootfs}/proc`).on(place).run()
      return rootfs
    }

    const umountBefore = async (rootfs: string): Promise<void> => {
      await command('umount', `${rootfs}/proc`).on(place).run()
    }

    test('stays', async () => {
      const rootfs = await mountBefore()
      expect(await run(rootfs, '/bin/pwd')).toMatchObject(inRoot)
      expect(await mountsBelow(rootfs)).toHaveLength(1)
      await umountBefore(rootfs)
    })

    test('stays when the container could not mount anything', async () => {
      const rootfs = await freshRootfs()
      await command('sh', '-c', 'rmdir "$0" && : >"$0" && mount --bind /etc/passwd "$0"', `${rootfs}/proc`)
        .on(place)
        .run()
      expect(await program(MAIN).on(place).run([rootfs, '/bin/true'])).toMatchObject({ code: 125 })
      expect(await mountsBelow(rootfs)).toHaveLength(1)
      await umountBefore(rootfs)
    })
  })

  test('the host keeps its own /proc (row 22) when the root filesystem is moved away meanwhile', async () => {
    const rootfs = await freshRootfs()
    const container = await start(MAIN, rootfs)
    renameSync(rootfs, `${rootfs}-moved`)
    await container.exit()
    const mounted = mountinfo(await place.pid()).map(({ mountPoint }) => mountPoint)
    const repair = 'umount "$0"; [ -e /proc/self ] || mount -t proc proc /proc'
    await command('sh', '-c', repair, `${rootfs}-moved/proc`).on(place).run()
    expect(mounted).toContain('/proc')
  })

  test('nothing stays mounted where /proc is a symbolic link (row 22)', async () => {
    const rootfs = await freshRootfs()
    rmdirSync(join(rootfs, 'proc'))
    mkdirSync(join(rootfs, 'elsewhere'))
    symlinkSync('/elsewhere', join(rootfs, 'proc'))
    // It may be followed, which is seen inside, or refused.
    const look = ['/bin/sh', '-c', 'cat /elsewhere/self/comm; exit 9']
    const { code, stdout } = await program(MAIN)
      .on(place)
      .run([rootfs, ...look])
    const left = await mountsBelow(rootfs)
    for (const { mountPoint } of left) await command('umount', mountPoint).on(place).run()
    expect([
      { code: 9, stdout: 'cat\n' },
      { code: 125, stdout: '' },
    ]).toContainEqual({ code, stdout })
    expect(left).toEqual([])
  })
})
