import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Architecture, loops } from '#native/processor.ts'
import { needs, repository, temporaryDirectory } from '../harness/index.ts'

/** What an instruction is called, where it stands and where it jumps to, in bytes from the start. */
type Instruction = { readonly at: number; readonly text: string }

const OBJDUMP = {
  x64: ['x86_64-linux-gnu-objdump', '-m', 'i386:x86-64', '-M', 'intel'],
  arm64: ['aarch64-linux-gnu-objdump', '-m', 'aarch64'],
} as const

/** What objdump(1) reads in the machine code. */
const disassemble = async (architecture: Architecture): Promise<Instruction[]> => {
  const [objdump, ...options] = OBJDUMP[architecture]
  const file = join(await temporaryDirectory(), 'code')
  writeFileSync(file, loops[architecture])
  const listing = execFileSync(objdump, ['-D', '-z', '-b', 'binary', ...options, file], { encoding: 'utf8' })
  const columns = listing.split('\n').map(line => line.split('\t'))
  const instructions = columns.filter(({ length }) => length > 2)
  return instructions.map(([at, , ...text]) => ({ at: Number.parseInt(at!, 16), text: normalised(text.join(' ')) }))
}

const normalised = (text: string): string =>
  text
    .replace(/(\/\/|;).*/, '')
    .replace(/QWORD PTR (ds:)?/, '')
    .replace(/\s+/g, ' ')
    .trim()

/** What the comments in processor.ts say: instructions, and the names of places, each before the instruction it is at. */
const commented = (architecture: Architecture): string[] => {
  const source = readFileSync(join(repository, 'native/processor.ts'), 'utf8')
  const [, listing] = new RegExp(`^  ${architecture}: (.*?)^  \\)`, 'ms').exec(source)!
  return listing!.split('\n').flatMap(line => /\/\/ *(.*)$/.exec(line)?.[1] ?? [])
}

/** The comments' instructions, with addresses in the place of names. */
const promised = (architecture: Architecture, read: readonly Instruction[]): string[] => {
  const places = new Map<string, number>()
  const lines: string[] = []
  for (const line of commented(architecture)) {
    const [, place] = /^(\w+):$/.exec(line) ?? []
    if (place) places.set(place, read[lines.length]!.at)
    else lines.push(normalised(line))
  }
  const address = (name: string): string => `0x${places.get(name)!.toString(16)}`
  return lines.map(line => line.replace(/ (row|call|note|next)$/, (_, name) => ` ${address(name)}`))
}

describe('the machine code is what its comments say', () => {
  test.each(['x64', 'arm64'] as const)('for %s', needs(OBJDUMP.x64[0], OBJDUMP.arm64[0]), async architecture => {
    const read = await disassemble(architecture)
    expect(read.length).toBeGreaterThan(25)
    expect(read.map(({ text }) => text)).toEqual(promised(architecture, read))
  })
})
