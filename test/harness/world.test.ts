import { describe, expect, test } from 'vitest'
import { command, hostShell, isAlive, mountinfo, namespaces, needs, sharedHost, world } from './index.ts'

const findmnt = command('findmnt', '-no', 'PROPAGATION')

describe('a host with shared /', needs('root'), () => {
  const shared = sharedHost()

  test('is one, while the real one stays as it is', async () => {
    const before = mountinfo().map(({ propagation }) => propagation)
    const propagation = mountinfo(await shared.pid()).map(mount => mount.propagation)
    expect(propagation.every(([first]) => first?.startsWith('shared:'))).toBe(true)
    expect(mountinfo().map(({ propagation }) => propagation)).toEqual(before)
  })

  test('gets the mounts of namespaces cloned from it, and the real one does not', async () => {
    const leak = 'mount -t tmpfs leaked /mnt'
    await command('unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c', leak).on(shared).run()
    expect(mountinfo(await shared.pid()).at(-1)).toMatchObject({ source: 'leaked', mountPoint: '/mnt' })
    expect(mountinfo().some(({ source }) => source === 'leaked')).toBe(false)
    await command('umount', '/mnt').on(shared).run()
  })

  test('shows a mounted / as shared to the tools', needs('findmnt'), async () => {
    expect((await findmnt.on(shared).run(['/'])).stdout.trim()).toBe('shared')
  })

  test('programs start where they are told to, under their own pid', async () => {
    const live = await command('sh', '-c', 'pwd; echo $$; read x').on(shared).start([], { cwd: '/usr' })
    await live.stdout.waitFor(`/usr\n${live.pid}\n`)
    expect(namespaces(live.pid).mnt).toBe(namespaces(await shared.pid()).mnt)
  })

  test('terminals open in it', needs('pty'), async () => {
    const shell = await hostShell({ world: shared })
    expect(await shell.ask('readlink /proc/$$/ns/mnt')).toBe(namespaces(await shared.pid()).mnt)
  })
})

describe('a world of its own', needs('root', 'ip'), () => {
  const little = world('little', ['net', 'uts'], 'hostname little; ip link set lo up')

  test('is furnished', async () => {
    expect((await command('hostname').on(little).run()).stdout).toBe('little\n')
    expect((await command('ip', '-brief', 'link').on(little).run()).stdout).toMatch(/^lo +UNKNOWN .*\n$/)
  })

  test('shares what it was not given', async () => {
    const { net, uts, mnt } = namespaces(await little.pid())
    expect([net === namespaces().net, uts === namespaces().uts, mnt === namespaces().mnt]).toEqual([
      false,
      false,
      true,
    ])
  })

  test('outlives the test that used it first', async () => {
    expect(isAlive(await little.pid())).toBe(true)
  })
})

test('a world that cannot be furnished is an error that shows why', needs('root'), async () => {
  const broken = world('broken', ['uts'], 'echo no such luck >&2; false')
  await expect(broken.pid()).rejects.toThrow('no such luck')
})
