/** Tars that one reader takes for something else than another, or for whole when they are not. */

import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HeaderData } from 'tar'
import { describe, expect, test } from 'vitest'
import { unpackOnce } from '#parts/image/layer-store.ts'
import { hostUnchanged, needs, temporaryDirectory } from '../../harness/index.ts'
import { packTar } from './packed-tar.ts'

hostUnchanged()

const needsRoot = needs('root', 'tar')

const BLOCK = 512

/** Entries without the end. */
const entries = (...all: Parameters<typeof packTar>): Buffer => packTar(...all).subarray(0, -2 * BLOCK)

const END = Buffer.alloc(2 * BLOCK)

/** An extended header with these records, each with the length that it says. */
const extended = (...records: readonly (readonly [string, string | Buffer])[]): Buffer => {
  const all = records.map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')])
    let length = rest.length + 1
    while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length
    return Buffer.concat([Buffer.from(`${length}`), rest])
  })
  const text = Buffer.concat(all)
  const header = entries({ path: 'PaxHeader', type: 'ExtendedHeader', size: text.length }).subarray(0, BLOCK)
  return Buffer.concat([header, text, Buffer.alloc(-text.length & (BLOCK - 1))])
}

/** An entry whose name has these bytes, whatever they are. */
const named = (name: Buffer, data: Partial<HeaderData> = {}): Buffer => {
  const block = Buffer.from(entries({ path: 'x', ...data }))
  name.copy(block)
  const sum = Buffer.concat([block.subarray(0, 148), Buffer.alloc(8, ' '), block.subarray(156, BLOCK)])
  block.write(
    `${sum
      .reduce((total, byte) => total + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return block
}

const unpack = async (bytes: Buffer): Promise<string> => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'image.tar'), bytes)
  const layer = join(directory, 'layers/one')
  try {
    await unpackOnce(join(directory, 'image.tar'), layer)
    return layer
  } catch (error) {
    expect(readdirSync(join(directory, 'layers'))).toEqual([])
    expect(readdirSync(directory).sort()).toEqual(['image.tar', 'layers'])
    throw error
  }
}

const find = (directory: string, ...args: string[]): string[] =>
  execFileSync('find', ['.', ...args], { cwd: directory, encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .sort()

describe('a tar that is cut', needsRoot, () => {
  test('is refused wherever it is cut, between two entries and in its end too (row 49)', async () => {
    const whole = packTar(
      { path: 'one', content: 'x'.repeat(700) },
      { path: 'two', type: 'Directory' },
      { path: 'three', content: 'y' },
    )
    for (let length = BLOCK; length < whole.length; length += BLOCK)
      await expect(unpack(whole.subarray(0, length)), `${length}`).rejects.toThrow(
        /cannot be read, it may be cut short: .*; make it anew$/,
      )
    expect(find(await unpack(whole))).toEqual(['.', './one', './three', './two'])
    expect(find(await unpack(Buffer.concat([whole, END])))).toHaveLength(4)
  })
})

describe('a device', needsRoot, () => {
  const device = { type: 'CharacterDevice', devmaj: 1, devmin: 3, size: 0 } as const

  test.each<[string, Buffer]>([
    ['a newline in its name', entries({ path: 'dev/nu\nll', ...device })],
    ['a slash at the end', entries({ path: 'dev/null/', ...device })],
    ['dots and slashes', entries({ path: './/dev/./null', ...device })],
    ['a pattern for a name', entries({ path: 'dev/[n]*', ...device })],
    ['a name that is not UTF-8', named(Buffer.from('n\xffll', 'latin1'), device)],
    [
      'another name in an extended header',
      Buffer.concat([extended(['path', 'dev/other']), entries({ path: 'x', ...device })]),
    ],
    [
      'a name of bytes in an extended header',
      Buffer.concat([
        extended(['hdrcharset', 'BINARY'], ['path', Buffer.from('n\xffll', 'latin1')]),
        entries({ path: 'x', ...device }),
      ]),
    ],
    [
      'a newline in the name of an extended header',
      Buffer.concat([extended(['path', 'a\nb']), entries({ path: 'x', ...device })]),
    ],
    [
      'a hard link to it',
      entries({ path: 'null', ...device }, { path: 'again', type: 'Link', linkpath: './null' }),
    ],
    ['a pipe', entries({ path: 'pipe', type: 'FIFO' })],
  ])('is left out, with %s', async (_, bytes) => {
    const layer = await unpack(Buffer.concat([entries({ path: 'file', content: 'x' }), bytes, END]))
    expect(find(layer, '-type', 'b', '-o', '-type', 'c', '-o', '-type', 'p')).toEqual([])
    expect(find(layer, '-type', 'f')).toEqual(['./file'])
  })
})

describe('what two readers could take for two things', needsRoot, () => {
  const evil = { path: 'x', content: 'evil' }
  const link = entries({ path: 'link', type: 'SymbolicLink', linkpath: '/tmp' })

  test.each<[string, Buffer, RegExp]>([
    [
      'a sparse file, whose name is elsewhere',
      Buffer.concat([
        extended(['GNU.sparse.name', '../up'], ['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0']),
        entries(evil),
      ]),
      /its entry "x" is a sparse file: pack it without --sparse$/,
    ],
    [
      'a sparse file of the older kind',
      entries({ ...evil, type: 'SparseFile' }),
      /its entry "x" is of a kind that is not known here/,
    ],
    [
      'an unknown kind',
      entries({ ...evil, type: 'GNUDumpDir' }),
      /its entry "x" is of a kind that is not known here/,
    ],
    [
      'a newline in an extended header',
      Buffer.concat([extended(['path', 'a\n20 path=../../../up\n']), entries(evil)]),
      /its entry ".*" (has an extended header that cannot be read|leads out of the image)$/,
    ],
    [
      'a record that says another length',
      Buffer.concat([
        Buffer.from(extended(['path', 'abcdef']).toString('latin1').replace('15 path', '14 path'), 'latin1'),
        entries(evil),
      ]),
      /its entry ".*" has an extended header that cannot be read$/,
    ],
    [
      'a zero byte in the name of a link',
      Buffer.concat([
        extended(['path', 'link\0x']),
        entries({ path: 'x', type: 'SymbolicLink', linkpath: '/tmp' }),
        entries({ ...evil, path: 'link/up' }),
      ]),
      /its entry "link.*" (has a name that is not UTF-8|lies behind a symbolic link)$/,
    ],
    [
      'a name that is not UTF-8',
      named(Buffer.from('n\xff', 'latin1')),
      /its entry "n.*" has a name that is not UTF-8$/,
    ],
    [
      'a file behind a hard link to a link',
      Buffer.concat([
        link,
        entries({ path: 'hard', type: 'Link', linkpath: 'link' }, { ...evil, path: 'hard/up' }),
      ]),
      /its entry "hard\/up" lies behind a symbolic link$/,
    ],
    [
      'a link that an extended header names',
      Buffer.concat([
        extended(['path', 'sub/link']),
        entries({ path: 'x', type: 'SymbolicLink', linkpath: '/tmp' }, { ...evil, path: './sub//link/up' }),
      ]),
      /its entry ".\/sub\/\/link\/up" lies behind a symbolic link$/,
    ],
  ])('%s is refused', async (_, bytes, reason) => {
    await expect(unpack(Buffer.concat([entries({ path: 'file', content: 'x' }), bytes, END]))).rejects.toThrow(
      reason,
    )
  })

  test('attributes of any bytes are no reason to refuse', async () => {
    const capability = Buffer.from([1, 0, 0, 2, 0x0a, 0x20, 0xff, 0xfe, 0x0a, 0x35, 0x20, 0x61, 0x3d, 0x62, 0x0a])
    const layer = await unpack(
      Buffer.concat([
        extended(['SCHILY.xattr.security.capability', capability], ['mtime', '12.5']),
        entries({ path: 'file', content: 'x' }),
        END,
      ]),
    )
    expect(readFileSync(join(layer, 'file'), 'utf8')).toBe('x')
  })
})

describe('a tar as other programs pack it', needsRoot, () => {
  const tree = (): string => {
    const directory = join(temporaryDirectory(), 'tree')
    const deep = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(40)).join('/')
    mkdirSync(join(directory, deep), { recursive: true })
    const files = [
      join(deep, 'f'.repeat(200)),
      'größe 鴨',
      ' blank ',
      'new\nline',
      '-x',
      'b\\s',
      '*',
      '"',
      'z'.repeat(255),
    ]
    for (const [index, name] of files.entries()) writeFileSync(join(directory, name), 'x'.repeat(index * 300))
    linkSync(join(directory, files[0]!), join(directory, 'hard'))
    symlinkSync(`/nowhere/${'l'.repeat(300)}`, join(directory, 'long link'))
    symlinkSync('鴨', join(directory, 'link'))
    execFileSync('chown', ['3000000:4000000', './-x'], { cwd: directory })
    execFileSync('chmod', ['6755', 'hard'], { cwd: directory })
    execFileSync('chmod', ['1777', '.'], { cwd: directory })
    execFileSync('touch', ['-d', '1999-01-01 00:00:07', ' blank '], { cwd: directory })
    return directory
  }

  const look = (directory: string): string[] =>
    find(directory, '-printf', '%p %m %U:%G %y %s %n %l\\n').concat(
      find(directory, '-type', 'f', '-exec', 'stat', '-c', '%n %Y', '{}', '+'),
    )

  test.each(['gnu', 'posix', 'gnu and gzip'])('%s: names, modes, owners, links and times arrive', async format => {
    const source = tree()
    if (format === 'posix') execFileSync('rm', ['new\nline'], { cwd: source })
    const file = join(temporaryDirectory(), 'packed')
    const [kind, ...zipped] = format.split(' and ')
    execFileSync('tar', [`--format=${kind}`, ...zipped.map(() => '-z'), '-cf', file, '-C', source, '.'])
    expect(look(await unpack(readFileSync(file)))).toEqual(look(source))
  })

  test('many small files arrive whole', async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      path: `${index}`,
      content: `${index}`.repeat(index),
    }))
    const layer = await unpack(packTar(...many))
    for (const { path, content } of many) expect(readFileSync(join(layer, path), 'utf8')).toBe(content)
  })
})
