/** Files that skdocker has written are read again by a later one, and anybody may have changed them meanwhile. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually, hostUnchanged, isAlive } from '../harness/index.ts'
import { complaint, groups, machine, needsSkdocker, newHome, onMachine, Skdocker } from './little-host.ts'

const skdocker = new Skdocker(newHome('home', ['busybox']))
const { home } = skdocker

hostUnchanged(machine)

const writeState = (id: string, text: string): void => {
  mkdirSync(join(home, 'containers', id), { recursive: true })
  writeFileSync(join(home, 'containers', id, 'state.json'), text)
}

describe('what cannot be read', needsSkdocker, () => {
  test('of a container is named in one line, stops nobody, and can be removed', async () => {
    await skdocker.out('run', '--name', 'whole', '--network', 'none', 'busybox', 'true')
    const { whole } = await skdocker.containers()
    const state = JSON.parse(readFileSync(join(home, 'containers', whole!.id, 'state.json'), 'utf8'))
    const change = (id: string, changes: object) =>
      writeState(id, JSON.stringify({ ...state, id, name: id, ...changes }))
    writeState('empty', '')
    writeState('cut', '{"id": "cut", ')
    writeState('nothing', 'null')
    writeState('braces', '{}')
    change('other', { id: whole!.id })
    change('pid', { init: { pid: '1', started: '0', boot: '' } })
    change('layer', { layers: ['../../../etc'] })

    const list = await skdocker.run(['ps', '-a', '--json'])
    expect(JSON.parse(list.stdout)).toEqual([expect.objectContaining({ name: 'whole' })])
    const line = (id: string, reason: string) =>
      `skdocker: container ${id} is damaged: ${home}/containers/${id}/state.json: ${reason}: remove it with "skdocker rm ${id}"`
    expect(list.stderr.trim().split('\n').sort()).toEqual(
      [
        line('empty', 'it is not JSON'),
        line('cut', 'it is not JSON'),
        line('nothing', 'its content is not an object'),
        line('braces', 'id is not a string'),
        line('other', `it says that it is container ${whole!.id}`),
        line('pid', 'init.pid is not a number'),
        line('layer', 'layers[0] is not of the form ^[\\w-]+$'),
      ].sort(),
    )
    expect((await skdocker.run(['run', '--rm', '--network', 'none', 'busybox', 'echo', 'runs'])).stdout).toBe(
      'runs\n',
    )
    const started = await skdocker.run(['exec', 'cut', 'true'])
    expect({ code: started.code, stdout: started.stdout }).toEqual({ code: 125, stdout: '' })

    const ids = ['empty', 'cut', 'nothing', 'braces', 'other', 'pid', 'layer']
    expect(await skdocker.out('rm', ...ids)).toBe(ids.join('\n'))
    expect(skdocker.files().containers).toEqual([whole!.id])
    expect(await skdocker.run(['rm', 'whole'])).toMatchObject({ code: 0, stdout: 'whole\n', stderr: '' })
  })

  test('is named and can be removed, whatever is at its place; what is no container is left alone (row 55)', async () => {
    await skdocker.out('run', '--name', 'whole', '--network', 'none', 'busybox', 'true')
    const at = (path: string) => join(home, 'containers', path)
    writeFileSync(at('file'), 'somebody else writes here')
    symlinkSync('/nowhere', at('dangling'))
    symlinkSync('loop', at('loop'))
    mkdirSync(at('hollow'))
    mkdirSync(at('directory/state.json'), { recursive: true })
    for (const id of ['pipe-in-it', 'endless', 'itself', 'astray']) mkdirSync(at(id))
    await onMachine(`mkfifo '${at('pipe')}' '${at('pipe-in-it/state.json')}'`)
    symlinkSync('/dev/zero', at('endless/state.json'))
    symlinkSync('state.json', at('itself/state.json'))
    symlinkSync('/nowhere', at('astray/state.json'))
    const others = ['.gitkeep', '.hidden', 'a b', '07-unionfs']
    for (const name of ['.hidden', '07-unionfs']) mkdirSync(at(name))
    for (const name of ['.gitkeep', 'a b']) writeFileSync(at(name), '')

    const list = await skdocker.run(['ps', '-a', '--json'])
    expect(JSON.parse(list.stdout)).toEqual([expect.objectContaining({ name: 'whole' })])
    const reasons: Record<string, string> = {
      directory: 'it is not a file',
      endless: 'it is not a file',
      'pipe-in-it': 'it is not a file',
      ...Object.fromEntries(
        ['astray', 'dangling', 'file', 'hollow', 'itself', 'loop', 'pipe'].map(id => [id, 'there is no such file']),
      ),
    }
    expect(list.stderr.trim().split('\n').sort()).toEqual(
      Object.entries(reasons)
        .map(
          ([id, reason]) =>
            `skdocker: container ${id} is damaged: ${home}/containers/${id}/state.json: ${reason}: remove it with "skdocker rm ${id}"`,
        )
        .sort(),
    )
    const run = await skdocker.run(['run', '--rm', '--network', 'none', 'busybox', 'echo', 'runs'])
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 0, stdout: 'runs\n' })
    expect(await skdocker.out('rm', ...Object.keys(reasons))).toBe(Object.keys(reasons).join('\n'))
    expect(await skdocker.run(['rm', 'whole'])).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(at('')).sort()).toEqual(others.sort())
    for (const name of others) rmSync(at(name), { recursive: true })
  })

  test('a running container whose state or directory is gone is found, stopped and removed', async () => {
    const start = async (): Promise<{ id: string; pid: number }> => {
      const id = await skdocker.out('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000')
      const [{ init }] = JSON.parse(await skdocker.out('inspect', id))
      return { id, pid: init.pid }
    }
    const [cut, gone, killed] = [await start(), await start(), await start()]
    writeState(cut.id, '{')
    for (const { id } of [gone, killed]) rmSync(join(home, 'containers', id), { recursive: true })

    const { stderr } = await skdocker.run(['ps', '-a'])
    const lines = stderr.trim().split('\n')
    expect(lines).toHaveLength(3)
    const lineOf = ({ id }: { id: string }) => lines.find(line => line.includes(id))
    expect(lineOf(cut)).toMatch(/it is not JSON: remove it with "skdocker rm /)
    for (const one of [gone, killed])
      expect(lineOf(one)).toMatch(/state\.json: it is gone, and the container runs: end it with "skdocker stop /)
    for (const { pid } of [cut, gone, killed]) expect(isAlive(pid)).toBe(true)

    // What the lines and the answers say is followed.
    expect((await skdocker.run(['rm', cut.id])).stderr).toMatch(
      `container ${cut.id} is running: stop it first with "skdocker stop ${cut.id}", or use rm -f`,
    )
    expect((await skdocker.run(['rm', gone.id])).stderr).toMatch(/is running: stop it first/)
    for (const { id } of [cut, gone]) expect((await skdocker.run(['stop', '-t', '0', id])).stdout).toBe(`${id}\n`)
    expect((await skdocker.run(['rm', '-f', killed.id])).stdout).toBe(`${killed.id}\n`)
    await skdocker.run(['rm', cut.id])
    for (const { pid } of [cut, gone, killed]) await eventually('its end', () => !isAlive(pid) || undefined)
    expect(await skdocker.run(['ps', '-a'])).toMatchObject({ code: 0, stderr: '' })
    expect(groups()).toEqual([])
    expect(skdocker.files().containers).toEqual([])
  })

  test('a container of another SKDOCKER_HOME is nobody that has lost anything', async () => {
    const other = new Skdocker(newHome('other', ['busybox']))
    const id = await other.out('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000')
    expect(await skdocker.run(['ps', '-a'])).toMatchObject({ code: 0, stderr: '' })
    expect(complaint(await skdocker.run(['stop', id]))).toMatch(/no container/)
    await other.out('rm', '-f', id)
  })

  test('all of containers/ removed while one runs: it can be ended', async () => {
    const id = await skdocker.out('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000')
    rmSync(join(home, 'containers'), { recursive: true })
    expect((await skdocker.run(['rm', '-f', id])).stdout).toBe(`${id}\n`)
    expect(groups()).toEqual([])
    expect(existsSync(join(home, 'containers'))).toBe(false)
  })

  test('of an image is told by name, and leaves the layers of all others alone', async () => {
    const { layers } = skdocker.files()
    symlinkSync('/nowhere', join(home, 'images/nowhere.tar'))
    mkdirSync(join(home, 'images/folder.json'))
    await onMachine(`mkfifo '${home}/images/pipe.json'`)
    for (const [name, text] of [
      ['cut', '{"layers": ['],
      ['climbing', '{"layers": ["../../etc"]}'],
      ['bare', '{"layers": []}'],
      ['mute', '{"cmd": []}'],
      ['shout', '{"cmd": "/hello"}'],
      ['hollow', '{"cmd": ["/hello"]}'],
    ] as const)
      writeFileSync(join(home, `images/${name}.json`), text)
    expect(await skdocker.out('images')).toMatch(/^climbing +damaged [\s\S]*^cut +damaged /m)
    expect(complaint(await skdocker.run(['run', 'climbing', 'true']))).toBe(
      `125 skdocker: image climbing is damaged: ${home}/images/climbing.json: layers[0] is not of the form ^[\\w-]+$: remove it with "skdocker rmi climbing"`,
    )
    for (const [name, reason] of [
      ['bare', 'layers is empty'],
      ['mute', 'cmd is empty'],
      ['shout', 'cmd is not a list'],
      ['hollow', 'it names no layers, and there is no hollow.tar'],
    ] as const)
      expect(complaint(await skdocker.run(['run', name]))).toBe(
        `125 skdocker: image ${name} is damaged: ${home}/images/${name}.json: ${reason}: remove it with "skdocker rmi ${name}"`,
      )
    const odd = ['cut', 'climbing', 'folder', 'pipe', 'bare', 'mute', 'shout', 'hollow']
    expect(await skdocker.out('rmi', ...odd)).toBe(odd.join('\n'))
    rmSync(join(home, 'images/nowhere.tar'))
    expect(skdocker.files().layers).toEqual(layers)
    expect(await skdocker.out('run', '--rm', '--network', 'none', 'busybox', 'echo', 'runs')).toBe('runs')
  })
})
