import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually, hostUnchanged, isAlive, namespaces, readProcess, status } from '../harness/index.ts'
import { cgroupsOf, complaint, groups, machine, needsSkdocker, newHome, Skdocker, script } from './little-host.ts'

const skdocker = new Skdocker(newHome())
const { home } = skdocker
const detached = (name: string, ...command: string[]) =>
  skdocker.out('run', '-d', '--network', 'none', '--name', name, 'busybox', ...command)

/** A hash of all that is in a directory, names and contents. */
const hash = (path: string): string => {
  const all = createHash('sha256')
  const add = (each: string): void => {
    const stat = lstatSync(each)
    all.update(`${each} ${stat.mode} ${stat.size} ${stat.mtimeMs}\n`)
    if (stat.isFile()) all.update(readFileSync(each))
    if (stat.isDirectory()) for (const name of readdirSync(each).sort()) add(join(each, name))
  }
  add(path)
  return all.digest('hex')
}

hostUnchanged(machine)

describe('a detached container', needsSkdocker, () => {
  test('its log is followed for as long as one likes, and to its end with --rm too', async () => {
    const text = 'sleep 3; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done'
    await skdocker.out('run', '-d', '--rm', '--network', 'none', '--name', 'long', 'busybox', ...script(text))
    const { stdout, stderr, code } = await skdocker.run(['logs', '-f', 'long'])
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout.split('\n')).toHaveLength(20001)
    await eventually('its removal', async () => skdocker.files().containers.length === 0 || undefined)
  })

  test('it is listed, joined, stopped, entered again, and removed (rows 43, 45, 46, 47)', async () => {
    const text = "trap 'echo bye; exit 9' TERM; echo one; echo two >&2; while :; do sleep 0.1; done"
    const id = await detached('first', ...script(text))
    expect(id).toMatch(/^[0-9a-f]{12}$/)
    const { first } = await skdocker.containers()
    expect(first).toMatchObject({ id, image: 'busybox', state: 'running' })
    const init = first!.init!.pid
    expect(cgroupsOf(init)).toContain(`/skdocker/${id}\n`)

    // Row 11: nobody holds it but a shim of a few pages.
    const shim = readProcess(init)!.ppid
    expect(Number.parseInt(status(shim).VmRSS!, 10)).toBeLessThan(1024)
    expect(readdirSync(`/proc/${shim}/fd`)).toHaveLength(4)
    expect(readProcess(shim)!.session).toBe(shim)

    const follow = await skdocker.start(['logs', '-f', 'first'])
    await follow.stdout.waitFor('one\ntwo\n')
    const look = 'readlink /proc/self/ns/mnt; cat /proc/self/cgroup; ls -d /proc/[0-9]*; pwd; hostname; touch /mark'
    const [table, joined, missing, refused] = await Promise.all([
      skdocker.out('ps'),
      skdocker.run(['exec', id.slice(0, 5), ...script(look)]),
      skdocker.run(['exec', 'first', 'nope']),
      skdocker.run(['rm', 'first']),
    ])
    expect(table).toMatch(
      /^ID +IMAGE +COMMAND +CREATED +STATUS +ADDRESS +NAME\n\w{12} +busybox +\/bin\/sh -c trap 'echo bye; exit 9' \S*….* +\S+ seconds? ago +running, pid \d+ +first$/,
    )
    expect(joined.stdout).toContain(`${namespaces(init).mnt}\n`)
    expect(joined.stdout).toContain(`/skdocker/${id}\n`)
    expect(joined.stdout).toMatch(new RegExp(`\\n/proc/1\\n(/proc/\\d+\\n)+/\n${id}\n$`))
    expect(complaint(missing)).toMatch(/^127 skdocker: nope: command not found/)
    expect(complaint(refused)).toMatch(/^125 skdocker: container first is running: stop it first/)

    expect(await skdocker.out('stop', '-t', '5', 'first')).toBe('first')
    expect(isAlive(init)).toBe(false)
    expect(groups()).not.toContain(id)
    expect((await follow.exit()).stdout).toMatch(/one\ntwo\nbye\n$/)
    const [stopped, twice, log] = await Promise.all([
      skdocker.containers(),
      skdocker.run(['stop', 'first']),
      skdocker.out('logs', 'first'),
    ])
    expect(stopped.first).toMatchObject({ state: 'exited', exitCode: 9 })
    expect(twice).toMatchObject({ code: 0, stdout: 'first\n', stderr: '' })
    expect(log).toBe('one\ntwo\nbye')
    expect(await skdocker.out('ps')).not.toContain('first')

    expect(await skdocker.out('exec', 'first', ...script('ls /mark; hostname'))).toBe(`/mark\n${id}`)
    expect(await skdocker.out('rm', 'first')).toBe('first')
    expect(complaint(await skdocker.run(['rm', 'first']))).toBe(
      '125 skdocker: no container "first": "skdocker ps -a" shows those there are',
    )
    await eventually('the end of the shim', () => !isAlive(shim) || undefined)
    expect(skdocker.files().containers).toEqual([])
  })

  test('stop -t kills what does not hear; rm -f kills; --rm goes by itself; ends are told (row 46)', async () => {
    await Promise.all([
      detached('deaf', 'sleep', '1000'),
      detached('forced', 'sleep', '1000'),
      skdocker.out('run', '-d', '--rm', '--network', 'none', '--name', 'brief', 'busybox', 'true'),
      detached('five', ...script('exit 5')),
    ])
    const start = performance.now()
    await Promise.all([skdocker.out('stop', '-t', '1', 'deaf'), skdocker.out('rm', '-f', 'forced')])
    expect(performance.now() - start).toBeGreaterThan(1000)
    await eventually('the end of the brief one', () => skdocker.files().containers.length === 2 || undefined)
    expect(await skdocker.containers()).toEqual({
      deaf: expect.objectContaining({ state: 'exited', exitCode: 137 }),
      five: expect.objectContaining({ state: 'exited', exitCode: 5 }),
    })
    expect(await skdocker.out('rm', 'deaf', 'five')).toBe('deaf\nfive')
    expect(skdocker.files().containers).toEqual([])
  })

  test('a foreground one is stopped, and removed, by another; its own starter cleans up after it', async () => {
    const [stopped, removed] = await Promise.all([
      skdocker.waiting('--name', 'stopped', '--network', 'none'),
      skdocker.waiting('--name', 'removed', '--network', 'none'),
    ])
    await Promise.all([skdocker.out('stop', '-t', '0', 'stopped'), skdocker.out('rm', '-f', 'removed')])
    expect(await Promise.all([stopped.exit(), removed.exit()])).toMatchObject([
      { code: 137, stderr: '' },
      { code: 137, stderr: '' },
    ])
    expect(await skdocker.containers()).toMatchObject({ stopped: { state: 'exited', exitCode: 137 } })
    await skdocker.out('rm', 'stopped')
  })

  test('what could not be started stays, as with Docker, unless it was skdocker that failed', async () => {
    const results = await Promise.all([
      skdocker.run(['run', '--name', 'a', '--network', 'none', 'busybox', 'nope']),
      skdocker.run(['run', '-d', '--name', 'b', '--network', 'none', 'busybox', '/etc']),
      skdocker.run(['run', '--name', 'c', '-w', '/etc/passwd', '--network', 'none', 'busybox', 'true']),
      skdocker.run(['run', '-d', '--name', 'd', '-w', '/etc/passwd', '--network', 'none', 'busybox', 'true']),
      skdocker.run(['run', '-d', '--rm', '--name', 'e', '--network', 'none', 'busybox', 'nope']),
    ])
    expect(results.map(complaint).map(line => Number.parseInt(line, 10))).toEqual([127, 126, 125, 125, 127])
    expect(await skdocker.containers()).toEqual({
      a: expect.objectContaining({ state: 'exited', exitCode: 127 }),
      b: expect.objectContaining({ state: 'exited', exitCode: 126 }),
    })
    await skdocker.out('rm', 'a', 'b')
    expect(skdocker.files().containers).toEqual([])
  })
})

describe('names', needsSkdocker, () => {
  test('one that is taken is refused, one that is removed is free; `.`, `..`, `a/b` name nothing (row 44)', async () => {
    const create = (name: string) => skdocker.run(['run', '--network', 'none', '--name', name, 'busybox', 'true'])
    expect((await create('duck')).code).toBe(0)
    const { id } = (await skdocker.containers()).duck!
    const taken = await Promise.all([create('duck'), create(id)])
    for (const result of taken)
      expect(complaint(result)).toMatch(/^125 skdocker: the name .* is taken by container \w{12}:/)
    const refused = await Promise.all(['.', '..', 'a/b', '', '.x'].map(name => create(name)))
    for (const result of refused) expect(complaint(result)).toMatch(/^125 skdocker: /)
    const absent = await Promise.all(
      ['.', '..', 'a/b', '', '../containers'].map(name => skdocker.run(['rm', '-f', '--', name])),
    )
    for (const result of absent) expect(complaint(result)).toMatch(/^125 skdocker: no container "/)
    expect(skdocker.files().containers).toEqual([id])
    await skdocker.out('rm', 'duck')
    expect((await create('duck')).code).toBe(0)
    await skdocker.out('rm', 'duck')
  })
})

describe('files', needsSkdocker, () => {
  test('writes stay in a layer of its own, the image never changes, and all is gone in the end (rows 25, 26, 27)', async () => {
    await skdocker.out('run', '--rm', '--network', 'none', 'busybox', 'true')
    const [layer] = skdocker.files().layers
    const before = hash(join(home, 'images/.layers', layer!))
    const change =
      'echo new >/new; echo changed >/etc/passwd; rm /bin/vi; rm -r /usr; chmod 700 /home; echo x >/home/x'
    const [one, other] = await Promise.all([
      skdocker.run(['run', '--name', 'one', '--network', 'none', 'busybox', ...script(`${change}; exec sleep 1`)]),
      skdocker.run([
        'run',
        '--name',
        'other',
        '--network',
        'none',
        'busybox',
        ...script('sleep 1; ls /; cat /etc/passwd'),
      ]),
    ])
    expect([one.code, other.code]).toEqual([0, 0])
    expect(other.stdout).toContain('usr\n')
    expect(other.stdout).not.toMatch(/new|changed/)
    const { one: made } = await skdocker.containers()
    const upper = join(home, 'containers', made!.id, 'upper')
    expect(readFileSync(join(upper, 'new'), 'utf8')).toBe('new\n')
    expect(lstatSync(join(upper, 'bin/vi')).isCharacterDevice()).toBe(true)

    const look = 'cat /etc/passwd; ls /bin/vi; ls -d /usr; stat -c %a /home; cat /home/x'
    const again = await skdocker.run(['exec', 'one', ...script(look)])
    expect(again.stdout).toBe('changed\n700\nx\n')
    expect(again.stderr).toMatch(/\/bin\/vi: No such file.*\n.*\/usr: No such file/)

    expect(await skdocker.out('commit', 'one', 'stacked')).toBe('stacked')
    const deep = 'cat /etc/passwd; ls /bin/vi; echo deeper >/new; rm /home/x'
    await skdocker.run(['run', '--name', 'two', '--network', 'none', 'stacked', ...script(deep)])
    await skdocker.out('rm', 'one', 'other')
    await skdocker.out('commit', 'two', 'tower')
    await skdocker.out('rm', 'two')
    const top = await skdocker.out(
      'run',
      '--rm',
      '--network',
      'none',
      'tower',
      ...script('cat /new /etc/passwd; ls -d /usr /home/*; true'),
    )
    expect(top).toBe('deeper\nchanged')
    const images = await skdocker.out('images')
    expect(images.split('\n').map(line => line.split(/ +/).slice(0, 2))).toEqual([
      ['IMAGE', 'LAYERS'],
      ['busybox', '1'],
      ['hello', '1'],
      ['stacked', '2'],
      ['tower', '3'],
    ])
    expect(complaint(await skdocker.run(['commit', 'nope', 'x']))).toMatch(/no container "nope"/)
    // tower stands on the layer that stacked has brought.
    expect(await skdocker.out('rmi', 'stacked')).toBe('stacked')
    expect(await skdocker.out('run', '--rm', '--network', 'none', 'tower', 'cat', '/etc/passwd')).toBe('changed')
    await skdocker.out('rmi', 'tower')
    expect(skdocker.files().layers).toEqual([layer])
    expect(hash(join(home, 'images/.layers', layer!))).toBe(before)
    expect(existsSync(upper)).toBe(false)
    expect(skdocker.files().containers).toEqual([])
  })
})

describe('commit', needsSkdocker, () => {
  // As when all begin within one millisecond.
  const env = { NODE_OPTIONS: '--import "data:text/javascript,Date.now=()=>1767225600000"' }

  test('of one container, many times at once: each image has its own layer, and a taken name harms nobody', async () => {
    const skdocker = new Skdocker(newHome('commits', ['busybox']))
    await skdocker.out('run', '--name', 'one', '--network', 'none', 'busybox', ...script('echo kept >/note'))
    const names = ['same', 'same', 'same', 'other', 'third']
    const results = await Promise.all(names.map(name => skdocker.run(['commit', 'one', name], { env })))
    const [won, lost] = [0, 125].map(code => results.filter(result => result.code === code))
    expect(won!.map(({ stdout }) => stdout).sort()).toEqual(['other\n', 'same\n', 'third\n'])
    expect(lost!.map(complaint)).toEqual(
      Array(2).fill('125 skdocker: there is an image same already: choose another name'),
    )
    expect(skdocker.files().layers).toHaveLength(4)
    await skdocker.out('rmi', 'other')
    for (const name of ['same', 'third'])
      expect(await skdocker.out('run', '--rm', '--network', 'none', name, 'cat', '/note')).toBe('kept')
    await skdocker.out('rm', 'one')
  })
})

describe('rmi', needsSkdocker, () => {
  test('keeps an image that a container is made of, unless it is told twice', async () => {
    const skdocker = new Skdocker(newHome('images'))
    await skdocker.out('run', '--name', 'one', '--network', 'none', 'busybox', 'true')
    const { one } = await skdocker.containers()
    expect(complaint(await skdocker.run(['rmi', 'busybox']))).toMatch(
      `container ${one!.id} is made of image busybox: remove that first with "skdocker rm ${one!.id}", or use rmi -f`,
    )
    expect(await skdocker.out('rmi', '-f', 'busybox', 'hello')).toBe('busybox\nhello')
    expect(await skdocker.out('exec', 'one', 'echo', 'still here')).toBe('still here')
    expect(readdirSync(join(skdocker.home, 'images'))).toEqual(['.layers'])
    expect(skdocker.files().layers).toHaveLength(1)
    for (const name of ['busybox', '../images', ''])
      expect(complaint(await skdocker.run(['rmi', name]))).toMatch(/no image busybox|is no name of an image/)
    await skdocker.out('rm', 'one')
    expect(complaint(await skdocker.run(['run', 'busybox']))).toMatch('no image busybox')
  })

  test('of one that two remove at once, one does', async () => {
    const skdocker = new Skdocker(newHome('twice'))
    const both = await Promise.all([1, 2].map(() => skdocker.run(['rmi', 'hello'])))
    expect(both.map(({ code }) => code).sort()).toContain(0)
    expect(await skdocker.out('images')).not.toContain('hello')
  })
})
