import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import {
  eventually,
  hostUnchanged,
  initOf,
  isAlive,
  type LiveProcess,
  mountinfo,
  namespaces,
  needs,
  ourProgram,
  ours,
  program,
  type Result,
  scaled,
  status,
  temporaryDirectory,
} from '../harness/index.ts'
import { packTar } from '../parts/image/packed-tar.ts'
import { complaint, groups, machine, newHome, Skdocker } from '../skdocker/little-host.ts'
import { leaveAtEnd } from './container.ts'

hostUnchanged(machine)

const home = newHome()
const env = { SKDOCKER_HOME: home }
const patience = scaled(60_000)
const main = program('07-unionfs/main.ts').on(machine)
const copy = ourProgram('07-unionfs/copy-image.ts').on(machine)
const needed = needs('root', 'busybox', 'ip', 'filesystem:overlay', 'cgroup:pids')

const sh = (script: string): string[] => ['/bin/sh', '-c', script]
const run = (...args: string[]): Promise<Result> => main.run(args, { env, timeout: patience })

/** Its output, of a run or an exec that must succeed. */
const out = async (...args: string[]): Promise<string> => {
  const { code, signal, stdout, stderr } = await run(...args)
  if (code === 0) return stdout
  throw new Error(`main.ts ${args.join(' ')}\nended with ${code ?? signal}:\n${stdout}\n${stderr}`)
}

/** The id that a run says on stderr. */
const idIn = (stderr: string): string => {
  const [, id] = /^container (\S+)$/m.exec(stderr) ?? []
  if (id === undefined) throw new Error(`no id: ${stderr}`)
  return id
}

const alone = ['--network', 'none']

/** Runs a script in a new container to its end. */
const ended = async (script: string, image = 'busybox'): Promise<string> => {
  const result = await run('run', ...alone, image, ...sh(script))
  expect(result.code).toBe(0)
  return idIn(result.stderr)
}

/** A container that is there until its input ends. */
const running = async (...options: string[]): Promise<{ live: LiveProcess; id: string }> => {
  const live = await main.start(['run', ...alone, ...options, 'busybox', ...sh('echo started; cat')], { env })
  leaveAtEnd(live)
  await live.stdout.waitFor('started', patience)
  return { live, id: idIn(live.stderr.text) }
}

const directoryOf = (id: string): string => join(home, 'containers/07-unionfs', id)

/** What ps says of a container. */
const stateOf = async (id: string): Promise<string | undefined> =>
  new RegExp(`^${id} +(\\w+)$`, 'm').exec(await out('ps'))?.[1]

/** Every file below a directory, with its content. */
const contents = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const path = join(directory, name)
      const { mode, size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {}
      return `${name} ${mode} ${size} ${mtimeMs}`
    })

describe('the files of a container', needed, () => {
  test('what it writes lies in its own directory, upper, and in no other', async () => {
    const id = await ended('echo mine >/note')
    expect(readFileSync(join(directoryOf(id), 'upper/note'), 'utf8')).toBe('mine\n')
    expect(readdirSync(join(directoryOf(id), 'merged'))).toEqual([])
    expect(existsSync(join(directoryOf(id), 'lower/note'))).toBe(false)
  })

  test('the image and its layer stay as they were, byte for byte', async () => {
    await ended('true')
    const before = [contents(join(home, 'images')), readFileSync(join(home, 'images/busybox.tar'))]
    await ended('echo changed >/etc/passwd; rm /bin/vi; rm -r /home; mkdir /home')
    expect([contents(join(home, 'images')), readFileSync(join(home, 'images/busybox.tar'))]).toEqual(before)
  })

  test('two containers of one image do not see what the other writes', async () => {
    const [one, other] = [await running(), await running()]
    await out('exec', one.id, ...sh('echo one >/note'))
    await out('exec', other.id, ...sh('[ ! -e /note ] && echo other >/note'))
    expect(await out('exec', one.id, 'cat', '/note')).toBe('one\n')
    expect(await out('exec', other.id, 'cat', '/note')).toBe('other\n')
  })

  test('an image is unpacked once for all its containers', async () => {
    const layers = (): string[] => readdirSync(join(home, 'images/.layers'))
    await Promise.all([ended('true'), ended('true')])
    const before = layers()
    await ended('true')
    expect(layers()).toEqual(before)
  })

  test('what is deleted stays deleted, and is there for the next container', async () => {
    const id = await ended('rm /bin/vi')
    expect(await out('exec', ...alone, id, ...sh('[ -e /bin/vi ] || echo gone'))).toBe('gone\n')
    expect(await ended('[ -e /bin/vi ]')).not.toBe(id)
  })

  test('its root is a mount of its own, no way leads back, and the host has no such mount', async () => {
    const { live } = await running()
    const init = await initOf(live)
    const points = mountinfo(init).map(({ mountPoint, type }) => `${mountPoint} ${type}`)
    expect(points.slice(0, 2)).toEqual(['/ overlay', '/etc/resolv.conf tmpfs'])
    expect(points.filter(point => point.startsWith('/ '))).toHaveLength(1)
    expect(mountinfo().filter(({ mountPoint }) => mountPoint.startsWith(home))).toEqual([])
  })

  test('home may have a comma and a colon in its name', async () => {
    const odd = newHome('a,b:c', ['busybox'])
    const options = { env: { SKDOCKER_HOME: odd }, timeout: patience }
    const result = await main.run(['run', ...alone, 'busybox', 'echo', 'hi'], options)
    expect(result).toMatchObject({ code: 0, stdout: 'hi\n' })
  })
})

describe('exec', needed, () => {
  test('on a running one is in its namespaces, its root and its group', async () => {
    const { live, id } = await running()
    const init = await initOf(live)
    const look = 'readlink /proc/self/ns/pid; readlink /proc/self/ns/net; cut -d: -f2- /proc/self/cgroup'
    const [pid, net, ...own] = (await out('exec', id, ...sh(look))).trim().split('\n')
    expect({ pid, net }).toEqual({ pid: namespaces(init).pid, net: namespaces(init).net })
    expect(own.some(group => group.endsWith(`:/skdocker/${id}`))).toBe(true)
    expect(await out('exec', id, ...sh('[ $$ != 1 ] && cat /proc/1/comm'))).toBe('cat\n')
  })

  test('on one that has ended begins in its saved files, as the first process again', async () => {
    const id = await ended('echo mine >/note')
    expect(await out('exec', ...alone, id, ...sh('cat /note; echo $$; echo more >>/note'))).toBe('mine\n1\n')
    expect(await out('exec', ...alone, id, 'cat', '/note')).toBe('mine\nmore\n')
  })

  test('does not start a running one anew with other limits or another network', async () => {
    const { id } = await running()
    expect(complaint(await run('exec', '--pids', '7', id, 'true'))).toBe(
      `125 skdocker: --pids: container ${id} runs already, with what it was started with`,
    )
  })

  test.each(['nope', '..', '../07-unionfs', '.', ''])('of %j is refused in one line', async id => {
    expect(complaint(await run('exec', '--', id, 'true'))).toBe(
      `125 skdocker: no container ${JSON.stringify(id)}: "main.ts ps" shows those there are`,
    )
  })

  test('has the exit code of its command', async () => {
    const { id } = await running()
    expect((await run('exec', id, ...sh('exit 7'))).code).toBe(7)
    expect((await run('exec', id, 'nope')).code).toBe(127)
  })
})

describe('ps', needed, () => {
  test('tells one that runs from one that has ended, by the processes of its group', async () => {
    const { live, id } = await running()
    expect(await stateOf(id)).toBe('running')
    const init = await initOf(live)
    expect(status(init).NSpid).toMatch(/\t1$/)
    process.kill(init, 'SIGKILL')
    await live.exit(patience)
    expect(await stateOf(id)).toBe('ended')
  })

  test('does not list what skdocker has, nor does skdocker list what it has', async () => {
    const skdocker = new Skdocker(home)
    const id = await ended('true')
    const theirs = await skdocker.waiting('--name', 'theirs', ...alone)
    const listed = await out('ps')
    const { theirs: container, ...others } = await skdocker.containers()
    expect(others).toEqual({})
    expect(listed).toContain(id)
    expect(listed).not.toContain(container!.id)
    expect(complaint(await run('exec', container!.id, 'true'))).toContain('no container')
    theirs.endInput()
    await theirs.exit(patience)
    await skdocker.out('rm', 'theirs')
    expect(existsSync(directoryOf(id))).toBe(true)
  })

  test('skdocker keeps the layer of an image that was removed while a container stands on it', async () => {
    const apart = newHome('apart', ['busybox'])
    const options = { env: { SKDOCKER_HOME: apart }, timeout: patience }
    const first = await main.run(['run', ...alone, 'busybox', 'true'], options)
    await new Skdocker(apart).out('rmi', 'busybox')
    const again = ['exec', ...alone, idIn(first.stderr), 'echo', 'still here']
    expect(await main.run(again, options)).toMatchObject({ code: 0, stdout: 'still here\n' })
  })
})

describe('limits and network, as in chapter 06', needed, () => {
  test('without a bridge one line says what to do', async () => {
    const result = await run('run', 'busybox', 'echo', 'ran')
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 125, stdout: '' })
    expect(result.stderr).toMatch(/^container \S+\nskdocker: there is no bridge skdocker0 .*init-net\.ts"\n$/)
  })

  test('on the bridge it has an address', needs('iptables or nft'), async () => {
    const initNet = ourProgram('06-net/init-net.ts').on(machine)
    expect((await initNet.run([])).code).toBe(0)
    onTestFinished(async () => {
      await eventually('the end of the cables', async () => (await initNet.run(['--down'])).code === 0 || undefined)
    })
    expect(await out('run', 'busybox', ...sh('ip -4 -o address show eth0'))).toContain('inet 172.16.0.2/16')
  })

  test('a limit is in force', async () => {
    expect(
      (await run('run', ...alone, '--pids', '3', 'busybox', ...sh('sleep 1 & sleep 1 & sleep 1 &'))).stderr,
    ).toMatch(/can't fork/)
  })
})

describe('a run that was killed', needed, () => {
  test('takes its container along, and the next run removes its group', async () => {
    const { live, id } = await running()
    const init = await initOf(live)
    live.kill('SIGKILL')
    await live.exit(patience)
    await eventually('the end of the container', () => !isAlive(init) || undefined)
    expect(await stateOf(id)).toBe('ended')
    expect(groups()).toContain(id)
    await ended('true')
    expect(groups()).not.toContain(id)
  })

  test('is swept without a look at the groups of others, such as one that skdocker has yet to read', async () => {
    const other = join(hierarchyOf('pids').mountPoint, 'skdocker/0123456789ab')
    mkdirSync(other, { recursive: true })
    onTestFinished(() => {
      rmdirSync(other)
      rmdirSync(dirname(other))
    })
    await ended('true')
    expect(existsSync(other)).toBe(true)
  })

  test('leaves nothing half unpacked that the next run does not remove', async () => {
    const half = join(home, 'images/.layers/1-2-3.half')
    mkdirSync(half, { recursive: true })
    await ended('true')
    expect(existsSync(half)).toBe(false)
  })
})

describe('an image', needed, () => {
  test('that is a hostile tar is refused, and nothing of it is written', async () => {
    const apart = newHome('hostile', [])
    const outside = temporaryDirectory()
    const evil = [
      { path: 'link', type: 'SymbolicLink', linkpath: outside },
      { path: 'link/evil', content: 'evil' },
    ] as const
    writeFileSync(join(apart, 'images/evil.tar'), packTar(...evil))
    const result = await main.run(['run', ...alone, 'evil', '/x'], {
      env: { SKDOCKER_HOME: apart },
      timeout: patience,
    })
    expect(complaint(result)).toMatch(/^125 .*its entry "link\/evil" lies behind a symbolic link$/)
    expect(readdirSync(outside)).toEqual([])
    expect(readdirSync(join(apart, 'images/.layers'))).toEqual([])
    expect(existsSync(join(apart, 'containers'))).toBe(false)
  })

  test.each([
    ['nope', /no image nope: .*nope\.tar does not exist/],
    ['../busybox', /"\.\.\/busybox" is no name of an image/],
  ])('%j is refused in one line', async (image, message) => {
    expect(complaint(await run('run', ...alone, image, 'true'))).toMatch(message)
  })

  test('a command that is none is refused in one line', ours(), async () => {
    expect(complaint(await run('stop'))).toBe(
      '125 skdocker: there is no command "stop": there are run, exec and ps',
    )
  })
})

describe('copy-image.ts', needed, () => {
  const apart = newHome('copies')
  const copying = (...args: string[]): Promise<Result> =>
    copy.run(args, { env: { SKDOCKER_HOME: apart }, timeout: patience })

  test('gives each container a whole copy of its image', async () => {
    const first = await copying('run', ...alone, 'busybox', ...sh('echo hi; rm /bin/vi'))
    expect(first).toMatchObject({ code: 0, stdout: 'hi\n' })
    const second = await copying('run', ...alone, 'busybox', ...sh('ls /bin/vi'))
    expect(second).toMatchObject({ code: 0, stdout: '/bin/vi\n' })
    const [one, other] = [idIn(first.stderr), idIn(second.stderr)]
    const copyOf = (id: string): string => join(apart, 'containers/07-copy-image', id, 'bin/busybox')
    expect(statSync(copyOf(one)).ino).not.toBe(statSync(copyOf(other)).ino)
    expect((await copying('ps')).stdout).toBe(`${[one, other].sort().join('\n')}\n`)
    expect((await copying('exec', ...alone, one, ...sh('[ -e /bin/vi ] || echo gone'))).stdout).toBe('gone\n')
  })

  test('refuses what is no container, and removes what a killed one has half copied', async () => {
    expect(complaint(await copying('exec', '..', 'true'))).toMatch(
      /^125 skdocker: no container "\.\.": "copy-image\.ts ps"/,
    )
    const half = join(apart, 'containers/07-copy-image/busybox-01234567.half')
    mkdirSync(half, { recursive: true })
    expect((await copying('ps')).stdout).not.toContain('half')
    await copying('run', ...alone, 'busybox', 'true')
    expect(existsSync(half)).toBe(false)
  })
})

test('overlay-demo.ts: a new file, two that are changed, and one deleted', needed, async () => {
  const { stdout, code } = await ourProgram('07-unionfs/overlay-demo.ts').on(machine).run([], { timeout: patience })
  expect(code).toBe(0)
  expect(stdout.split('\n').map(line => line.trimEnd())).toEqual([
    'at first',
    '  merged/: gone.txt=lower lower.txt=lower upper.txt=upper',
    '  upper/: upper.txt=upper',
    '  lower/: gone.txt=lower lower.txt=lower',
    'a new file in merged/',
    '  merged/: gone.txt=lower lower.txt=lower new.txt=new upper.txt=upper',
    '  upper/: new.txt=new upper.txt=upper',
    '  lower/: gone.txt=lower lower.txt=lower',
    'a file of upper/, changed in merged/',
    '  merged/: gone.txt=lower lower.txt=lower new.txt=new upper.txt=changed',
    '  upper/: new.txt=new upper.txt=changed',
    '  lower/: gone.txt=lower lower.txt=lower',
    'a file of lower/, changed in merged/',
    '  merged/: gone.txt=lower lower.txt=lower more new.txt=new upper.txt=changed',
    '  upper/: lower.txt=lower more new.txt=new upper.txt=changed',
    '  lower/: gone.txt=lower lower.txt=lower',
    'a file of lower/, deleted in merged/',
    '  merged/: lower.txt=lower more new.txt=new upper.txt=changed',
    '  upper/: gone.txt (deleted) lower.txt=lower more new.txt=new upper.txt=changed',
    '  lower/: gone.txt=lower lower.txt=lower',
    '',
  ])
})
