import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Header } from 'tar'
import { describe, expect, test } from 'vitest'
import { command, eventually, hostUnchanged, scaled, sleep, temporaryDirectory } from '../harness/index.ts'
import { packTar as tar } from '../parts/image/packed-tar.ts'
import { complaint, machine, needsSkdocker, newHome, onMachine, Skdocker, script } from './little-host.ts'

const BLOCK = 512

const home = newHome()
const skdocker = new Skdocker(home)
const image = (name: string, bytes: Buffer) => writeFileSync(join(home, `images/${name}.tar`), bytes)
const true_ = ['run', '--rm', '--network', 'none']

hostUnchanged(machine)

/** Where the two blocks of zeros at the end begin. */
const lastEntry = (bytes: Buffer): number => {
  let end = bytes.length
  while (end > 0 && bytes.subarray(end - BLOCK, end).every(byte => byte === 0)) end -= BLOCK
  return end
}

/** Of the image busybox the entries bin/ and bin/busybox. */
const busyboxAlone = (): Buffer => {
  const bytes = readFileSync(join(home, 'images/busybox.tar'))
  const wanted: Buffer[] = []
  for (let at = 0; at < lastEntry(bytes); ) {
    const header = new Header(bytes, at)
    const length = BLOCK + Math.ceil((header.size ?? 0) / BLOCK) * BLOCK
    if (/^\.\/bin\/(busybox)?$/.test(header.path ?? '')) wanted.push(bytes.subarray(at, at + length))
    at += length
  }
  return Buffer.concat([...wanted, Buffer.alloc(2 * BLOCK)])
}

const linksFirst = (bytes: Buffer): Buffer => bytes.subarray(0, lastEntry(bytes))

describe('hostile tars (row 50)', needsSkdocker, () => {
  test('nothing is written outside, nothing half-made stays, and one line tells', async () => {
    const outside = temporaryDirectory()
    const secret = join(outside, 'secret')
    writeFileSync(secret, 'untouched')
    const evil = { content: 'evil' }
    const tars: Record<string, [Buffer, RegExp]> = {
      up: [tar({ path: '../up', ...evil }), /its entry "..\/up" leads out of the image/],
      inner: [tar({ path: 'a/../../../inner', ...evil }), /leads out of the image/],
      absolute: [tar({ path: join(outside, 'absolute'), ...evil }), /leads out of the image/],
      through: [
        tar({ path: 'link', type: 'SymbolicLink', linkpath: outside }, { path: 'link/through', ...evil }),
        /its entry "link\/through" lies behind a symbolic link/,
      ],
      dotted: [
        tar({ path: './link', type: 'SymbolicLink', linkpath: outside }, { path: 'x/.././/link/through', ...evil }),
        /is not unpacked/,
      ],
      hard: [
        tar({ path: 'secret', type: 'Link', linkpath: secret }, { path: 'secret', ...evil }),
        /is a hard link to .*, outside of the image/,
      ],
      harder: [
        tar(
          { path: 'link', type: 'SymbolicLink', linkpath: outside },
          { path: 'secret', type: 'Link', linkpath: 'link/secret' },
          { path: 'secret', ...evil },
        ),
        /is a hard link to "link\/secret", outside/,
      ],
      empty: [Buffer.alloc(0), /is no tar, or there is nothing in it|cannot be read, it may be cut short/],
      zeros: [Buffer.alloc(4 * BLOCK), /is no tar, or there is nothing in it|cannot be read, it may be cut short/],
      text: [Buffer.from('this is no tar\n'.repeat(100)), /cannot be read, it may be cut short/],
      cut: [
        readFileSync(join(home, 'images/busybox.tar')).subarray(0, 1_000_000),
        /cannot be read, it may be cut short/,
      ],
    }
    const before = readdirSync(dirname(home))
    for (const [name, [bytes]] of Object.entries(tars)) image(name, bytes)
    const results = await Promise.all(
      Object.keys(tars).map(async name => [name, complaint(await skdocker.run([...true_, name, '/x']))] as const),
    )
    for (const [name, line] of results) {
      expect(line).toMatch(tars[name]![1])
      expect(line).toMatch(/^125 /)
    }
    expect(readFileSync(secret, 'utf8')).toBe('untouched')
    expect(readdirSync(outside)).toEqual(['secret'])
    expect(readdirSync(dirname(home))).toEqual(before)
    expect(skdocker.files()).toEqual({ containers: [], layers: [] })
    expect(readdirSync(join(home, 'images')).filter(name => !name.endsWith('.tar'))).toEqual([
      '.layers',
      'hello.json',
    ])
  })

  test('a device is left out; links for /etc, /dev and /proc stay inside; what a tar may hold arrives', async () => {
    const outside = temporaryDirectory()
    for (const name of ['hosts', 'hostname', 'resolv.conf']) writeFileSync(join(outside, name), 'untouched')
    const busybox = readFileSync(join(home, 'images/busybox.tar'))
    const end = busybox.length - (busybox.length % BLOCK)
    const extra = tar(
      { path: './evil', type: 'BlockDevice', devmaj: 8, devmin: 0 },
      { path: './pipe', type: 'FIFO' },
      { path: './twice', content: 'same' },
      { path: './again', type: 'Link', linkpath: './twice' },
      { path: './suid', content: 'x', mode: 0o4755, uid: 1000, gid: 100 },
    )
    // Entries that come later replace those before; the end of the first tar is cut off.
    const stripped = busybox.subarray(0, lastEntry(busybox.subarray(0, end)))
    image('odd', Buffer.concat([stripped, extra]))
    const look = 'ls /evil /pipe; cat /again; stat -c "%h %a %u:%g" /twice /suid; ls -l /etc/hosts | cut -c1'
    const { code, stdout, stderr } = await skdocker.run([...true_, 'odd', ...script(look)])
    expect(stderr).toMatch(/^ls: \/evil: No such file.*\nls: \/pipe: No such file/)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'same2 755 0:0\n1 4755 1000:100\n-\n' })

    const links = tar(
      { path: 'etc', type: 'SymbolicLink', linkpath: outside },
      { path: 'dev', type: 'SymbolicLink', linkpath: outside },
      { path: 'sys', type: 'SymbolicLink', linkpath: '../../../..' },
    )
    image('links', Buffer.concat([linksFirst(links), busyboxAlone()]))
    for (const file of ['skdocker/main.ts', '07-unionfs/main.ts', '07-unionfs/copy-image.ts']) {
      const program = new Skdocker(home, machine, file)
      const args = file === 'skdocker/main.ts' ? true_ : ['run', '--network', 'none']
      const result = await program.run([...args, 'links', '/bin/busybox', 'true'])
      expect([0, 125]).toContain(result.code)
      for (const name of readdirSync(outside)) expect(readFileSync(join(outside, name), 'utf8')).toBe('untouched')
      expect(readdirSync(outside)).toHaveLength(3)
    }
    const left = Object.keys(await skdocker.containers())
    if (left.length > 0) await skdocker.out('rm', ...left)
    for (const name of ['07-unionfs', '07-copy-image']) rmSync(join(home, 'containers', name), { recursive: true })
  })
})

describe('a disk that is full or read-only, a tar cut short (row 49)', needsSkdocker, () => {
  test('the disk full, and the directory read-only: one line, nothing half-made, and what is there can be removed', async () => {
    const disk = join(temporaryDirectory(), 'disk')
    const small = new Skdocker(disk)
    const size = (megabytes: number) => onMachine(`mount -o remount,size=${megabytes}m ${disk}`)
    const left = (path: string) => onMachine(`ls -A ${disk}/${path}`)
    await onMachine(`mkdir ${disk}; mount -t tmpfs -o size=3m disk ${disk}; mkdir ${disk}/images
      cp ${home}/images/busybox.tar ${disk}/images`)
    try {
      expect(complaint(await small.run([...true_, 'busybox', 'true']))).toMatch(
        /^125 skdocker: tar: .*: there is no space left on the disk$/,
      )
      expect(await left('images/.layers')).toBe('')
      await size(6)
      const fill = script('cat /dev/zero >/big; rm /nothing; exit 3')
      const filled = await small.run(['run', '--name', 'full', '--network', 'none', 'busybox', ...fill])
      expect(filled).toMatchObject({ code: 3, stderr: expect.stringContaining('No space left on device') })
      expect(filled.stderr).toMatch(
        /\nskdocker: [^\n]*state.json cannot be written: ENOSPC[^\n]* make room on the disk/,
      )
      expect(await small.out('ps', '-a')).toContain('exited (3)')
      expect(await small.run(['stop', 'full'])).toMatchObject({ code: 0, stdout: 'full\n' })
      await onMachine(`cat /dev/zero >${disk}/rest || true`)
      const brief = await small.run([...true_, '--name', 'brief', 'busybox', 'true'])
      expect(complaint(brief)).toMatch(/^125 skdocker: .*ENOSPC/)
      expect((await left('containers')).split('\n')).toHaveLength(1)
      expect(await small.containers()).toMatchObject({ full: { state: 'exited', exitCode: 3 } })
      await onMachine(`mount -o remount,ro ${disk}`)
      const [readOnly, listed] = await Promise.all([small.run([...true_, 'busybox', 'true']), small.containers()])
      expect(complaint(readOnly)).toMatch(/^125 skdocker: EROFS/)
      expect(Object.keys(listed)).toEqual(['full'])
      await onMachine(`mount -o remount,rw ${disk}`)
      await small.out('rm', 'full')
      expect(await left('containers')).toBe('')
      await small.out(...true_, 'busybox', 'true')
    } finally {
      await onMachine(`umount ${disk}`)
    }
  })
})

describe('the command of an image', needsSkdocker, () => {
  const configured = (name: string, config: unknown): void => {
    linkSync(join(home, 'images/busybox.tar'), join(home, `images/${name}.tar`))
    writeFileSync(join(home, `images/${name}.json`), JSON.stringify(config))
  }

  test('hello says hello by itself, also to --explain, in the background and from a copy', async () => {
    const greeting = /^Hello from a container!\n/
    const [said, explained, asked] = await Promise.all([
      skdocker.out(...true_, 'hello'),
      skdocker.out('run', '--explain', 'hello'),
      skdocker.run([...true_, 'hello', '/nope']),
    ])
    expect(said).toMatch(greeting)
    expect(explained).toMatch(/ execve\("\/hello", \["\/hello"\]/)
    expect(complaint(asked)).toMatch(/^127 skdocker: \/nope: command not found/)
    await skdocker.out('run', '-d', '--network', 'none', '--name', 'apart', 'hello')
    await eventually('what it says', async () => greeting.test(await skdocker.out('logs', 'apart')) || undefined)
    await skdocker.out('commit', 'apart', 'parrot')
    expect(await skdocker.out(...true_, 'parrot')).toMatch(greeting)
    await skdocker.out('rm', 'apart')
    await skdocker.out('rmi', 'parrot')
  })

  test('is a list of words; what the command line gives comes first; without either there is /bin/sh', async () => {
    configured('talker', { cmd: ['echo', 'two  words', '-x'] })
    configured('silent', {})
    const [own, given, silent] = await Promise.all([
      skdocker.out(...true_, 'talker'),
      skdocker.out(...true_, 'talker', 'echo', 'given'),
      skdocker.run([...true_, 'silent'], { input: 'echo $0\n' }),
    ])
    expect({ own, given, silent: silent.stdout }).toEqual({
      own: 'two  words -x',
      given: 'given',
      silent: '/bin/sh\n',
    })
    await skdocker.out('rmi', 'talker', 'silent')
  })

  test('commit keeps that of the container, as Docker does', async () => {
    await skdocker.out('run', '--network', 'none', '--name', 'author', 'busybox', 'echo', 'kept')
    await skdocker.out('commit', 'author', 'book')
    expect(await skdocker.out(...true_, 'book')).toBe('kept')
    await skdocker.out('rm', 'author')
    await skdocker.out('rmi', 'book')
  })

  test('an image of two files is listed once, with the size of its tar, and removed with both', async () => {
    configured('pair', { cmd: ['true'] })
    const list = async () => (await skdocker.out('images')).split('\n').filter(line => line.startsWith('pair'))
    expect(await list()).toEqual([expect.stringMatching(/^pair +1 +2\.\d MB /)])
    expect(await skdocker.out('rmi', 'pair')).toBe('pair')
    expect(await list()).toEqual([])
    expect(readdirSync(join(home, 'images')).filter(name => name.startsWith('pair'))).toEqual([])
  })
})

describe('unpacking', needsSkdocker, () => {
  const large = async (bytes: number) => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'big'), '')
    truncateSync(join(directory, 'big'), bytes)
    await command('tar', '-cf', join(home, 'images/large.tar'), '-C', directory, 'big').run()
  }

  test('once for all, killed at any moment too; what no image stands on any more goes', {
    timeout: scaled(60_000),
  }, async () => {
    await large(150_000_000)
    for (const moment of [500, 800, 1100, 1400].map(scaled)) {
      const live = await skdocker.start([...true_, 'large', 'nope'])
      await sleep(moment)
      live.kill('SIGKILL')
      await live.exit()
      // Its container dies with it, but a moment later; as long as it lives it is rightly left alone.
      await eventually('the next command puts away what was left', async () => {
        await skdocker.out('ps')
        const { layers, containers } = skdocker.files()
        return [...layers.filter(name => name.includes('.half')), ...containers].length === 0 || undefined
      })
    }
    const before = skdocker.files().layers
    const runs = await Promise.all([1, 2, 3].map(() => skdocker.run([...true_, 'large', 'nope'])))
    expect(runs.map(complaint)).toEqual(Array(3).fill(expect.stringMatching(/^127 /)))
    const [layer] = skdocker.files().layers.filter(name => !before.includes(name))
    await large(1_000_000)
    await skdocker.run([...true_, 'large', 'nope'])
    expect(skdocker.files().layers).not.toContain(layer)
  })

  test('shows how far it is on a terminal alone', async () => {
    await large(100_000_000)
    const terminal = await skdocker.terminal([...true_, 'large', 'nope'])
    await terminal.waitFor(/unpacking large\.tar … \d+ %/)
    expect((await terminal.exit()).code).toBe(127)
  })

  test('goes on when the terminal was stopped by Ctrl-S: nobody else waits for its lock', async () => {
    await large(100_000_001)
    const terminal = await skdocker.terminal([...true_, 'large', 'nope'])
    await terminal.waitFor(/unpacking large\.tar … \d+ %/)
    terminal.type('\x13')
    expect(complaint(await skdocker.run([...true_, 'large', 'nope']))).toMatch(/^127 /)
    terminal.type('\x11')
    expect((await terminal.exit()).code).toBe(127)
  })
})

describe('a home of an odd name (row 24)', needsSkdocker, () => {
  test('SKDOCKER_HOME may have any name, be a link, and be relative', async () => {
    const odd = new Skdocker(newHome('a b,c:d\'e"f\\g$h é鴨', ['busybox']))
    expect(await odd.out(...true_, 'busybox', 'echo', 'hi')).toBe('hi')
    await odd.out('run', '-d', '--network', 'none', '--name', 'x', 'busybox', 'sleep', '1000')
    expect(await odd.out('exec', 'x', 'echo', 'hi')).toBe('hi')
    await odd.out('rm', '-f', 'x')
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(odd.home, link)
    expect(await new Skdocker(link).out(...true_, 'busybox', 'echo', 'hi')).toBe('hi')
    const relative = new Skdocker('link')
    expect((await relative.run([...true_, 'busybox', 'echo', 'hi'], { cwd: dirname(link) })).stdout).toBe('hi\n')
    expect(existsSync(join(odd.home, 'containers'))).toBe(true)
    expect(readdirSync(join(odd.home, 'containers'))).toEqual([])
    linkSync(join(odd.home, 'images/busybox.tar'), join(odd.home, 'images/second.tar'))
    expect(await odd.out(...true_, 'second', 'echo', 'hi')).toBe('hi')
  })
})
