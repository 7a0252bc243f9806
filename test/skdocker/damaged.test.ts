/** Files that skdocker has written are read again by a later one, and anybody may have changed them meanwhile. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hostUnchanged } from '../harness/index.ts'
import { complaint, machine, needsSkdocker, newHome, Skdocker } from './little-host.ts'

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

  test('of an image is told by name, and leaves the layers of all others alone', async () => {
    const { layers } = skdocker.files()
    for (const [name, text] of [
      ['cut', '{"layers": ['],
      ['climbing', '{"layers": ["../../etc"]}'],
    ] as const)
      writeFileSync(join(home, `images/${name}.json`), text)
    expect(await skdocker.out('images')).toMatch(/^climbing +damaged [\s\S]*^cut +damaged /m)
    expect(complaint(await skdocker.run(['run', 'climbing', 'true']))).toBe(
      `125 skdocker: image climbing is damaged: ${home}/images/climbing.json: layers[0] is not of the form ^[\\w-]+$: remove it with "skdocker rmi climbing"`,
    )
    expect(await skdocker.out('rmi', 'cut', 'climbing')).toBe('cut\nclimbing')
    expect(skdocker.files().layers).toEqual(layers)
    expect(await skdocker.out('run', '--rm', '--network', 'none', 'busybox', 'echo', 'runs')).toBe('runs')
  })
})
