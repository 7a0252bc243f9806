import { describe, expect, test } from 'vitest'
import { children, eventually, hostUnchanged, limits, openDescriptors, signals } from '../harness/index.ts'
import { programOf } from './run.ts'

describe('what a command inherits from a program that', () => {
  hostUnchanged()

  test('has opened descriptors and handles, ignores and blocks signals (rows 13, 15)', async () => {
    const program = await programOf('careless.ts').start()
    const [, opened] = await program.stdout.waitFor(/^opened (.*)\n/)
    expect(openDescriptors(program.pid).map(({ fd }) => fd)).toEqual(expect.arrayContaining(JSON.parse(opened!)))
    // Node itself ignores SIGPIPE and SIGXFSZ.
    expect(signals(program.pid)).toMatchObject({
      ignored: expect.arrayContaining(['SIGPIPE', 'SIGXFSZ']),
      caught: expect.arrayContaining(['SIGUSR2', 'SIGTERM']),
    })
    expect(limits(program.pid)['Max open files']!.soft).toBe(limits(program.pid)['Max open files']!.hard)
    const cat = await eventually('cat', () => children(program.pid).find(({ comm }) => comm === 'cat')?.pid, {
      program,
    })
    expect(signals(cat)).toEqual({ blocked: [], ignored: [], caught: [] })
    expect(openDescriptors(cat).map(({ fd }) => fd)).toEqual([0, 1, 2])
    program.endInput()
    expect(await program.exit()).toMatchObject({ code: 0, stderr: '' })
  })

  test('has come to handle a signal since its first child (row 13)', async () => {
    expect(await programOf('late-listener.ts').run()).toMatchObject({ code: 128 + 12, stderr: '' })
  })
})
