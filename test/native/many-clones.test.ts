import { describe, expect, test } from 'vitest'
import { hostUnchanged } from '../harness/index.ts'
import { programOf } from './run.ts'

describe('many runs in one process (row 16)', () => {
  hostUnchanged()

  test.each([
    [1000, 'one after the other', 1],
    [200, 'twenty at once', 20],
  ])('%i clones in one process, %s, leave nothing behind in it', async (count, _, atOnce) => {
    const { stdout, stderr, code } = await programOf('many-clones.ts').run([`${count}`, `${atOnce}`], {
      timeout: 50_000,
    })
    expect({ stderr: stderr.slice(0, 300), code }).toEqual({ stderr: '', code: 0 })
    const { before, after } = JSON.parse(stdout)
    const { maps: mapsBefore, threads: threadsBefore, ...keptBefore } = before
    const { maps, threads, ...kept } = after
    expect(kept).toEqual(keptBefore)
    // V8 grows by the way, by up to 57 maps in 200 clones (Node 20 to 26), but not with each clone.
    expect(maps - mapsBefore).toBeLessThan(count / 2)
    expect(threads - threadsBefore).toBeLessThan(count / 50)
  })
})
