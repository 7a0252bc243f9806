import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { packImages } from '../../runner/setup/pack-images.ts'
import { repository } from '../harness/index.ts'
import { needs } from '../harness/needs.ts'
import { busyboxPath, oddDirectory, sameBytes } from './setup-fixture.ts'

const ALL = ['busybox.tar', 'hello.json', 'hello.tar']

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}))

const list = (tar: string) =>
  execFileSync('tar', ['--numeric-owner', '-tvf', tar], { encoding: 'utf8' }).trim().split('\n')

const packed = async (): Promise<string> => {
  const images = join(oddDirectory(), 'images')
  await packImages(images, busyboxPath)
  return images
}

test('busybox.tar is the root filesystem, owned by root, at the top level', async () => {
  const images = await packed()
  expect(readdirSync(images)).toEqual(ALL)
  const lines = list(join(images, 'busybox.tar'))
  for (const line of lines) expect(line).toMatch(/^\S+ 0\/0 .* \.\/\S*( -> busybox)?$/)
  const paths = lines.map(line => line.split(' ./')[1]?.split(' ')[0])
  expect(paths).toEqual(expect.arrayContaining(['', 'bin/busybox', 'bin/sh', 'etc/passwd', 'proc/', 'var/www/']))
  expect(lines.find(line => line.endsWith(' ./tmp/'))).toMatch(/^drwxrwxrwt /)
  expect(lines.find(line => line.endsWith(' ./root/'))).toMatch(/^drwx------ /)
})

test('the same busybox gives the same bytes', async () => {
  const [first, second] = [await packed(), await packed()]
  for (const name of ALL) {
    expect(sameBytes(join(first, name), join(second, name))).toBe(true)
  }
})

test('hello.tar has one program, and the directories that a container mounts on', async () => {
  const images = await packed()
  const paths = list(join(images, 'hello.tar')).map(line => line.slice(line.indexOf(' ./') + 1))
  expect(paths).toEqual(['./', './dev/', './hello', './proc/', './sys/'])
})

test('hello.json says what the image runs, and everybody may read it', async () => {
  const file = join(await packed(), 'hello.json')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ cmd: ['/hello'] })
  expect(statSync(file).mode & 0o777).toBe(0o644)
})

test('/hello says hello and ends with 0, without anything else in its root', needs('root'), async () => {
  const images = await packed()
  const rootfs = oddDirectory()
  execFileSync('tar', ['-xf', join(images, 'hello.tar'), '-C', rootfs])
  expect(statSync(join(rootfs, 'hello')).size).toBeLessThan(1000)
  expect(execFileSync('chroot', [rootfs, '/hello'], { encoding: 'utf8' })).toMatch(/^Hello from a container!\n/)
})

test('what was cut short or is gone is packed again, other images stay', needs('root'), async () => {
  const images = await packed()
  const before = readFileSync(join(images, 'busybox.tar'))
  truncateSync(join(images, 'busybox.tar'), 5000)
  truncateSync(join(images, 'hello.json'), 5)
  for (const name of ['mine.tar', 'mine.json']) writeFileSync(join(images, name), 'mine')
  await packImages(images, busyboxPath)
  expect(readFileSync(join(images, 'busybox.tar')).equals(before)).toBe(true)
  expect(readFileSync(join(images, 'hello.json'), 'utf8')).toBe('{"cmd":["/hello"]}\n')
  for (const name of ['mine.tar', 'mine.json']) expect(readFileSync(join(images, name), 'utf8')).toBe('mine')
  expect(readdirSync(images)).toEqual([...ALL, 'mine.json', 'mine.tar'])
  expect(readdirSync(join(images, '..'))).toEqual(['images'])
})

test('when an image cannot be put in its place, the other is whole and nothing is left', async () => {
  const parent = oddDirectory()
  mkdirSync(join(parent, 'images/hello.tar'), { recursive: true })
  await expect(packImages(join(parent, 'images'), busyboxPath)).rejects.toThrow(/EISDIR/)
  expect(readdirSync(parent)).toEqual(['images'])
  expect(readdirSync(join(parent, 'images'))).toEqual(['busybox.tar', 'hello.tar'])
})

test('a filesystem that is mounted where they go gets them', needs('root', 'unshare'), () => {
  const images = join(oddDirectory(), 'images')
  mkdirSync(images)
  const mountAndPack = `
    mount -t tmpfs tmpfs "$IMAGES" && "$0" --import tsx --input-type=module -e "$1" >/dev/null && ls -A "$IMAGES"`
  const pack = 'await (await import(process.env.MODULE)).packImages(process.env.IMAGES, process.env.BUSYBOX)'
  const output = execFileSync('unshare', ['-m', '/bin/sh', '-c', mountAndPack, process.execPath, pack], {
    env: {
      ...process.env,
      IMAGES: images,
      BUSYBOX: busyboxPath,
      MODULE: join(repository, 'runner/setup/pack-images.ts'),
    },
    cwd: repository,
    encoding: 'utf8',
  })
  expect(output).toBe(`${ALL.join('\n')}\n`)
})
