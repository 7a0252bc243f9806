import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasErrno } from '#native/index.ts'
import { childrenOf } from '#native/process-state.ts'
import { hostUnchanged, namespaces, temporaryDirectory } from '../harness/index.ts'
import { complaint, machine, needsSkdocker, newHome, onMachine, Skdocker, script } from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']))
let init = 0

/** What somebody inside can reach through a process, where it is not the container's own. */
type Sighting = { readonly foreign: string[]; readonly program: string }

const OURS = 3000 // bytes: the memory of a program that holds steps alone has no more mappings than this describes

const lookAt = (pid: number): Sighting => {
  const of = (name: string): string => `/proc/${pid}/${name}`
  const program = readlinkSync(of('exe'))
  const isRoot = (name: string): boolean => {
    const [own, containers] = [of(name), `/proc/${init}/root`].map(path => statSync(path))
    return own!.dev === containers!.dev && own!.ino === containers!.ino
  }
  const descriptors = readdirSync(of('fd')).filter(fd => Number(fd) > 2)
  const files = descriptors.map(fd => readlinkSync(of(`fd/${fd}`)))
  const maps = readFileSync(of('maps'), 'utf8')
  return {
    program,
    foreign: [
      ...['root', 'cwd'].filter(name => !isRoot(name)),
      ...(statSync(of('exe')).ino === statSync(process.execPath).ino || program.includes('node') ? ['exe'] : []),
      // A pipe and a file in memory lead nowhere.
      ...files.filter(file => !/^(pipe:|\/memfd:skdocker)/.test(file)).map(file => `fd ${file}`),
      ...(maps.length > OURS || /node/.test(maps) ? ['mem'] : []),
    ],
  }
}

/** The processes of the container that a running program makes. */
const childrenInside = (pid: number): number[] =>
  childrenOf(pid).filter(child => namespaces(child).pid === namespaces(init).pid)

const unlessGone = <T>(look: () => T[]): T[] => {
  try {
    return look()
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return []
    throw error
  }
}

describe('while a command enters a container', needsSkdocker, () => {
  beforeAll(async () => {
    await skdocker.out('run', '-d', '--name', 'one', '--network', 'none', 'busybox', 'sleep', '10000')
    init = (await skdocker.containers()).one!.init!.pid
  })
  afterAll(async () => {
    await skdocker.out('rm', '-f', 'one')
  })
  hostUnchanged(machine)

  test('nothing of the host can be reached through it (row 51)', async () => {
    const seen: Sighting[] = []
    for (let time = 0; time < 5; time++) {
      const live = await skdocker.start(['exec', 'one', 'true'])
      const ended = live.exit().then(() => true)
      for (let isOver = false; !isOver; ) {
        for (let look = 0; look < 50; look++)
          seen.push(...unlessGone(() => childrenInside(live.pid).flatMap(pid => unlessGone(() => [lookAt(pid)]))))
        isOver = await Promise.race([ended, new Promise<false>(resolve => setImmediate(() => resolve(false)))])
      }
    }
    const before = seen.filter(({ program }) => program.startsWith('/memfd:skdocker'))
    expect([...new Set(seen.flatMap(({ foreign }) => foreign))]).toEqual([])
    expect(before.length).toBeGreaterThan(0)
  })

  test('what a link makes it execute is not the program by which it came (row 51)', async () => {
    await skdocker.out('exec', 'one', 'ln', '-s', '/proc/self/exe', '/bin/evil')
    expect(complaint(await skdocker.run(['exec', 'one', '/bin/evil']))).toMatch(
      /^126 skdocker: \/bin\/evil: EACCES/,
    )
  })

  test('it is told what was asked of it meanwhile: no signal is lost (row 10)', async () => {
    for (let delay = 0; delay < 8; delay++) {
      const live = await skdocker.start([
        'exec',
        'one',
        ...script('trap "exit 9" TERM; while :; do sleep 0.1; done'),
      ])
      await new Promise(resolve => setTimeout(resolve, 120 + 20 * delay))
      live.kill('SIGTERM')
      expect([9, 143, null]).toContain((await live.exit()).code)
    }
    const { stdout } = await skdocker.run(['exec', 'one', ...script('ls -d /proc/[0-9]* | wc -l')])
    expect(Number(stdout)).toBeLessThan(6)
  })
})

describe('where a command begins', needsSkdocker, () => {
  hostUnchanged(machine)

  test.each([
    ['a descriptor', '/proc/self/fd/0'],
    ['the root of a process', '/proc/1/root'],
  ])('is not decided by a link to %s (row 52)', async (_, target) => {
    await skdocker.out('run', '--name', 'two', '--network', 'none', '-w', '/work', 'busybox', 'true')
    try {
      await skdocker.out('exec', 'two', ...script(`cd /; rmdir /work; ln -s ${target} /work`))
      expect(complaint(await skdocker.run(['exec', 'two', 'pwd']))).toMatch(
        /^125 skdocker: openat2\(.*"\/work".*ELOOP/,
      )
    } finally {
      await skdocker.out('rm', '-f', 'two')
    }
  })

  test('is what an ordinary link in the image says', async () => {
    await skdocker.out('run', '--name', 'two', '--network', 'none', '-w', '/work', 'busybox', 'true')
    try {
      await skdocker.out('exec', 'two', ...script('cd /; rmdir /work; ln -s /../../tmp /work'))
      expect(await skdocker.out('exec', 'two', 'pwd')).toBe('/tmp')
    } finally {
      await skdocker.out('rm', '-f', 'two')
    }
  })

  test('is no directory that a stream is, which would be a way out (row 52)', async () => {
    const options = { setup: 'exec </etc' }
    const refused = await skdocker.run(
      ['run', '--rm', '--network', 'none', 'busybox', 'ls', '/proc/self/fd/0/'],
      options,
    )
    expect(complaint(refused)).toMatch(/^125 skdocker: stdin is a directory of the host/)
  })

  test('may be a directory that is made for it, but not behind a link (row 53)', async () => {
    const run = (...words: string[]) => skdocker.run(['run', '--rm', '--network', 'none', ...words])
    expect(await run('-w', '/a/b c/d', 'busybox', 'pwd')).toMatchObject({ code: 0, stdout: '/a/b c/d\n' })
    expect(complaint(await run('-w', '/proc/self/cwd/x', 'busybox', 'pwd'))).toMatch(/^125 .*openat2\(.*ELOOP/)
  })
})

describe('a container that has put links in the place of what skdocker mounts (row 53)', needsSkdocker, () => {
  hostUnchanged(machine)

  const changed = async (text: string, act: () => Promise<void>): Promise<void> => {
    await skdocker.out('run', '--name', 'three', '--network', 'none', 'busybox', ...script(text))
    try {
      await act()
    } finally {
      await skdocker.out('rm', '-f', 'three')
    }
  }

  test.each(['/etc', '/dev', '/proc', '/sys'])('is refused where %s is one', async path => {
    // The first run has mounts there, so that the next runs find a link that overlayfs has from outside.
    await changed('true', async () => {
      const { id } = (await skdocker.containers()).three!
      const upper = join(skdocker.home, 'containers', id, 'upper')
      const target = temporaryDirectory()
      mkdirSync(join(upper, target), { recursive: true })
      execFileSync('sh', ['-c', `rm -rf "$1$2"; ln -s "$3" "$1$2"`, 'sh', upper, path, target])
      const again = await skdocker.run(['exec', 'three', 'true'])
      expect(complaint(again)).toMatch(new RegExp(`^125 skdocker: openat2\\(.*"${path}".*ELOOP`))
      expect(readdirSync(target)).toEqual([])
      expect(readdirSync(join(upper, target))).toEqual([])
    })
  })

  test('has its own file over a link in /etc, and what that leads to stays as it was', async () => {
    const replace = 'echo kept >/kept; umount /etc/hosts; rm /etc/hosts; ln -s /kept /etc/hosts'
    await changed(replace, async () => {
      expect(await skdocker.out('exec', 'three', 'cat', '/kept')).toBe('kept')
      expect(await skdocker.out('exec', 'three', 'head', '-n', '1', '/etc/hosts')).toMatch(/localhost/)
    })
  })

  test('nothing is made on the host by a link that leads up', async () => {
    const canary = temporaryDirectory()
    await changed(
      `umount -l /etc/hosts /etc/hostname /etc/resolv.conf; rm -rf /etc; ln -s ../../../../..${canary} /etc`,
      async () => {
        expect((await skdocker.run(['exec', 'three', 'true'])).code).toBe(125)
        expect(readdirSync(canary)).toEqual([])
        expect(existsSync(canary)).toBe(true)
      },
    )
  })
})

describe('commit of a container that runs (row 53)', needsSkdocker, () => {
  hostUnchanged(machine)

  test('is refused, names the cure, and follows no link of the container', async () => {
    await skdocker.out('run', '-d', '--name', 'four', '--network', 'none', 'busybox', 'sleep', '1000')
    try {
      const refused = complaint(await skdocker.run(['commit', 'four', 'copy']))
      expect(refused).toMatch(/^125 skdocker: container four runs, .*: first "skdocker stop four"$/)
      await skdocker.out('stop', '-t', '0', 'four')
      expect(await skdocker.out('commit', 'four', 'copy')).toBe('copy')
      await skdocker.out('rmi', 'copy')
    } finally {
      await skdocker.out('rm', '-f', 'four')
    }
  })
})

describe('a machine that runs no program from memory', needsSkdocker, () => {
  hostUnchanged(machine)

  test('is told so, and the cure cures', async () => {
    const line = (...args: string[]) => `SKDOCKER_HOME=${skdocker.home} ${skdocker.line(args)}`
    const setting = '/proc/sys/vm/memfd_noexec' // of a pid namespace; Linux has it since 6.3
    const enter = line('exec', 'five', 'echo', 'entered')
    const text = `${line('run', '-d', '--name', 'five', '--network', 'none', 'busybox', 'sleep', '1000')} >/dev/null
      if [ -e ${setting} ]; then echo 1 >${setting}; fi
      ${enter}
      if [ -e ${setting} ]; then echo 2 >${setting}; ${enter} 2>&1; else echo vm.memfd_noexec; fi
      ${line('rm', '-f', 'five')} >/dev/null`
    const shown = await onMachine(`unshare --mount --pid --fork --mount-proc sh -c '${text}'`)
    expect(shown).toMatch(/^entered\n.*vm\.memfd_noexec/)
  })
})
