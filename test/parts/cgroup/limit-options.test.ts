import { cpus } from 'node:os'
import { describe, expect, test } from 'vitest'
import { bytes, parseLimits } from '#parts/cgroup/limit-options.ts'
import { program } from '../../harness/index.ts'

describe("sizes in Docker's spelling", () => {
  test.each([
    ['0', 0],
    ['100b', 100],
    ['100', 100],
    ['512k', 512 * 1024],
    ['64m', 67108864],
    ['64M', 67108864],
    ['64mb', 67108864],
    ['64MiB', 67108864],
    ['64 m', 67108864],
    ['1g', 1073741824],
    ['1.5g', 1610612736],
    ['2t', 2 * 1024 ** 4],
    ['1p', 1024 ** 5],
    ['67108864', 67108864],
  ])('%s', (text, expected) => expect(bytes(text)).toBe(expected))

  test.each([
    '',
    ' ',
    'm',
    '64q',
    '64mm',
    '-64m',
    '+64m',
    '0x40',
    '1e9',
    '1,5g',
    '.5g',
    '5.g',
    'Infinity',
    '64m\n',
    '６４m',
    '64  m',
  ])('%j is none', text => expect(bytes(text)).toBeNaN())
})

describe('limits', () => {
  test('what is not asked for is not limited', () => expect(parseLimits({})).toEqual({}))

  test('all of them', () => {
    expect(parseLimits({ cpus: '0.2', memory: '64m', pids: '20' })).toEqual({
      cpus: 0.2,
      memory: 67108864,
      pids: 20,
    })
  })

  test.each(['0.01', '.5', '1', '1.', `${cpus().length}`])('--cpus %s', text => {
    expect(parseLimits({ cpus: text })).toEqual({ cpus: Number(text) })
  })

  test.each(['6m', '6291456', '8388607.99g'])('--memory %s', text => {
    expect(parseLimits({ memory: text })).toEqual({ memory: bytes(text) })
  })

  test.each(['1', '0020', '4194304'])('--pids %s', text => {
    expect(parseLimits({ pids: text })).toEqual({ pids: Number(text) })
  })

  test.each([
    ['cpus', ['', '0', '0.009', '-1', '+1', 'NaN', 'Infinity', '1e0', '0x1', '1/2', '20%', `${cpus().length + 1}`]],
    ['memory', ['', '0', '-64m', '6291455', '5m', '512k', '64q', 'max', '8388609g', '99999999999999999999', '9p']],
    ['pids', ['', '0', '-1', '1.5', '20 ', '4194305', '99999999999999999999', 'max']],
  ] as const)('--%s refuses nonsense, zero, negative and overflow', (option, texts) => {
    const spellings = { cpus: /from 0\.01 to \d+/, memory: /6m|64m/, pids: /from 1 to 4194304/ }
    for (const text of texts) {
      const parse = () => parseLimits({ [option]: text })
      expect(parse, text).toThrow(`--${option} ${JSON.stringify(text)}: `)
      expect(parse, text).toThrow(spellings[option])
      expect(parse, text).toThrow(/^.*$/)
    }
  })

  test('a wrong one is one line and 125, and the command does not run (row 5)', async () => {
    const { stdout, stderr, code } = await program('05-cgroup/main.ts').run([
      '--memory',
      '5m',
      'busybox',
      'echo',
      'ran',
    ])
    expect(stderr).toBe('skdocker: --memory "5m": this is too little to start a program in: 6m is the least\n')
    expect({ stdout, code }).toEqual({ stdout: '', code: 125 })
  })
})
