import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withLock } from '#native/file-lock.ts'
import { layersBelow, removeHalfUnpacked, unpackOnce } from '#parts/image/layer-store.ts'
import { hostUnchanged, needs, repository, temporaryDirectory, typescript } from '../../harness/index.ts'
import { packTar } from './packed-tar.ts'

hostUnchanged()

const needsRoot = needs('root', 'tar')

const tarWith = (content: string): string => {
  const file = join(temporaryDirectory(), 'image.tar')
  writeFileSync(file, packTar({ path: 'file', content }))
  return file
}

test('a tar is unpacked once, however many want it at once', needsRoot, async () => {
  const directory = join(temporaryDirectory(), 'layers/one')
  const tar = tarWith('first')
  const program = typescript(join(repository, 'test/parts/image/unpack-once.ts'))
  const all = await Promise.all([1, 2, 3].map(() => program.run([tar, directory])))
  expect(all.map(({ stdout, stderr }) => stdout + stderr).sort()).toEqual(['false\n', 'false\n', 'true\n'])
  writeFileSync(join(directory, 'file'), 'changed')
  expect(await unpackOnce(tar, directory)).toBe(false)
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('changed')
})

test('what a killed program has half unpacked is removed before the next is unpacked', needsRoot, async () => {
  const parent = temporaryDirectory()
  mkdirSync(join(parent, 'other.half'))
  await unpackOnce(tarWith('x'), join(parent, 'one'))
  expect(readdirSync(parent)).toEqual(['one'])
})

test('what a living program is unpacking stays', async () => {
  const parent = temporaryDirectory()
  mkdirSync(join(parent, 'other.half'))
  await withLock(parent, () => removeHalfUnpacked(parent))
  expect(readdirSync(parent)).toEqual(['other.half'])
  await removeHalfUnpacked(parent)
  expect(readdirSync(parent)).toEqual([])
})

test('a directory whose name only has ".half" in it is nothing half unpacked', async () => {
  const parent = temporaryDirectory()
  mkdirSync(join(parent, 'my.half-0123abcd'))
  await removeHalfUnpacked(parent)
  expect(readdirSync(parent)).toEqual(['my.half-0123abcd'])
})

test('a hostile tar leaves nothing behind', needsRoot, async () => {
  const parent = temporaryDirectory()
  const tar = join(temporaryDirectory(), 'evil.tar')
  writeFileSync(tar, packTar({ path: 'good', content: 'x' }, { path: '../evil', content: 'x' }))
  await expect(unpackOnce(tar, join(parent, 'layers/one'))).rejects.toThrow(
    'its entry "../evil" leads out of the image',
  )
  expect(readdirSync(join(parent, 'layers'))).toEqual([])
  expect(existsSync(join(parent, 'evil'))).toBe(false)
})

test('the layers that containers stand on are named by their links', () => {
  const containers = temporaryDirectory()
  for (const name of ['one', 'half-made']) mkdirSync(join(containers, name))
  symlinkSync('/somewhere/images/.layers/1-2-3', join(containers, 'one/lower'))
  writeFileSync(join(containers, 'a-file'), '')
  expect(layersBelow(containers)).toEqual(['1-2-3'])
  expect(layersBelow(join(containers, 'missing'))).toEqual([])
})
