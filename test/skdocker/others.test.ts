/** Other users of the host, and the umask of the one who runs skdocker. */

import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, hostUnchanged, needs, shellWords, temporaryDirectory } from '../harness/index.ts'
import { packTar } from '../parts/image/packed-tar.ts'
import { complaint, machine, needsSkdocker, newHome, onMachine, Skdocker, script } from './little-host.ts'

hostUnchanged(machine)

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps', '-all']

// setpriv(1) itself keeps its rights until it has executed something, which env(1) does without them.
const asNobody = (...words: string[]) =>
  command(...NOBODY, '--bounding-set', '-all', 'env', ...words)
    .on(machine)
    .run()

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

const run = (...args: string[]): string[] => ['run', '--network', 'none', ...args]

describe('another user of the host (row 54)', { ...needsSkdocker, ...needs('setpriv') }, () => {
  const skdocker = new Skdocker(newHome('open'))

  test('reads no state, and runs nothing that a container has made', async () => {
    // What an older program has left is open.
    for (const path of ['containers', 'images/.layers']) mkdirSync(join(skdocker.home, path), { mode: 0o755 })
    chmodSync(join(skdocker.home, '..'), 0o755)
    await skdocker.out(
      ...run('-e', 'PASSWORD=swordfish', '--name', 'one', 'busybox'),
      ...script('cp /bin/busybox /become; chmod 4755 /become'),
    )
    await skdocker.out(...run('-d', '--name', 'two', 'busybox', 'sleep', '1000'))
    await skdocker.out('commit', 'one', 'kept')
    const { one, two } = await skdocker.containers()
    const at = (...path: string[]) => join(skdocker.home, ...path)
    const upper = at('containers', one!.id, 'upper/become')
    expect(statSync(upper).mode & 0o7777).toBe(0o4755)
    for (const path of ['containers', `containers/${one!.id}`, 'images/.layers'])
      expect(modeOf(at(path))).toBe('700')
    for (const file of ['state.json', 'log', 'status']) expect(modeOf(at('containers', two!.id, file))).toBe('600')
    // The way to them is closed at two places, and one of them may be open again.
    chmodSync(at('containers'), 0o755)
    for (const words of [
      ['cat', at('containers', one!.id, 'state.json')],
      ['ls', at('containers', one!.id)],
      [upper, 'id'],
      ['ls', at('images/.layers')],
      ['ls', `/proc/${two!.init!.pid}/root/`],
    ]) {
      const { code, stdout, stderr } = await asNobody(...words)
      expect({ words, stdout, failed: code !== 0 }).toEqual({ words, stdout: '', failed: true })
      expect(stderr).toMatch(/[Pp]ermission denied/)
    }
    await skdocker.out('rm', '-f', 'one', 'two')
    await skdocker.out('rmi', 'kept')
    expect(modeOf(at('containers'))).toBe('755')
    await skdocker.out(...run('--rm', 'busybox', 'true'))
    expect(modeOf(at('containers'))).toBe('700')
  })

  test('sees images and explanations all the same, and of containers hears that they take root', async () => {
    await skdocker.out(...run('--name', 'three', 'busybox', 'true'))
    await skdocker.out('commit', 'three', 'kept')
    const as = (...args: string[]) => asNobody(`SKDOCKER_HOME=${skdocker.home}`, ...shellWords(skdocker.line(args)))
    expect(await as('images')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^kept +2 /m), stderr: '' })
    expect(await as('run', '--explain', 'kept', 'true')).toMatchObject({ code: 0, stderr: '' })
    for (const args of [['ps', '-a'], ['rm', 'three'], run('busybox', 'true')])
      expect(complaint(await as(...args))).toMatch(/^125 skdocker: .*: this takes root: run it again with sudo$/)
    await skdocker.out('rm', 'three')
    await skdocker.out('rmi', 'kept')
  })

  test('who owns the directory of containers is named, and the cure cures', async () => {
    const home = newHome('foreign')
    const foreign = new Skdocker(home)
    mkdirSync(join(home, 'containers'))
    chownSync(join(home, 'containers'), 65534, 65534)
    const line = complaint(await foreign.run(run('--rm', 'busybox', 'true')))
    const [, cure = ''] =
      /^125 skdocker: \S+\/containers belongs to user 65534, .*: take it over with "(.*)"$/.exec(line) ?? []
    expect(statSync(join(home, 'containers')).uid).toBe(65534)
    await onMachine(cure)
    await foreign.out(...run('--rm', 'busybox', 'true'))
  })
})

describe('the umask of the caller (row 54)', needsSkdocker, () => {
  const looks =
    'stat -c "%a %u:%g %n" / /etc /etc/hosts /etc/hostname /etc/resolv.conf /dev /proc /work /tmp; umask'
  const expected = [
    '755 0:0 /',
    '755 0:0 /etc',
    ...['hosts', 'hostname', 'resolv.conf'].map(name => `644 0:0 /etc/${name}`),
    '755 0:0 /dev',
    '555 0:0 /proc',
    '755 0:0 /work',
    '1777 0:0 /tmp',
    '0022',
  ]

  test.each(['000', '027', '777'])('%s shapes no container', async mask => {
    const home = newHome('mask')
    const sk = new Skdocker(home)
    const under = async (...args: string[]) => onMachine(`umask ${mask}; SKDOCKER_HOME='${home}' ${sk.line(args)}`)
    const ran = await under(...run('--name', 'one', '-w', '/work', 'busybox'), ...script(looks))
    expect(ran.split('\n')).toEqual(expected)
    expect((await under('exec', 'one', ...script(looks))).split('\n')).toEqual(expected)
    await under(...run('-d', '--name', 'two', '-w', '/work', 'busybox', 'sleep', '1000'))
    expect((await under('exec', 'two', ...script(looks))).split('\n')).toEqual(expected)
    await under('stop', '-t', '0', 'two')
    await under('commit', 'two', 'kept')
    expect((await under(...run('--rm', 'kept'), ...script(looks))).split('\n')).toEqual(expected)
    await under('rm', '-f', 'one', 'two')
  })
})

describe('an image', needsSkdocker, () => {
  const home = newHome('modes')
  const skdocker = new Skdocker(home)
  const entry = (path: string, mode: number, uid: number, gid: number) =>
    ({ path, type: 'Directory', mode, uid, gid }) as const
  const look = run('--rm', 'odd', '/bin/busybox', 'stat', '-c', '%a %u:%g', '/', '/etc')

  test('keeps the modes and owners of its / and /etc, one that a commit has changed, too', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'top.tar'), packTar(entry('./', 0o1777, 3, 4), entry('./etc/', 0o2750, 5, 6)))
    await onMachine(
      `cp ${home}/images/busybox.tar ${home}/images/odd.tar; tar -Af ${home}/images/odd.tar ${directory}/top.tar`,
    )
    expect(await skdocker.out(...look)).toBe('1777 3:4\n2750 5:6')
    await skdocker.out(
      ...run('--name', 'one', 'odd', 'busybox'),
      ...script('chmod 711 /; chown 7:8 /etc; chmod 700 /etc'),
    )
    await skdocker.out('commit', 'one', 'changed')
    await skdocker.out('rm', 'one')
    expect(await skdocker.out(...look.map(word => (word === 'odd' ? 'changed' : word)))).toBe('711 3:4\n700 7:8')
    await skdocker.out('rmi', 'changed')
  })

  test('that says nothing of them has those that everybody has', async () => {
    writeFileSync(join(home, 'images/odd.tar'), packTar({ path: 'a/b', content: 'x' }))
    await onMachine(`umask 077; tar -Af ${home}/images/odd.tar ${home}/images/busybox.tar`)
    expect(
      await onMachine(
        `umask 077; SKDOCKER_HOME=${home} ${skdocker.line(run('--rm', 'odd', 'stat', '-c', '%a', '/a'))}`,
      ),
    ).toBe('755')
  })
})
