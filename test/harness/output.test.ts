import { expect, test } from 'vitest'
import { Output } from './output.ts'

const output = (...chunks: string[]): Output => {
  const made = new Output('stdout of it')
  for (const chunk of chunks) made.append(Buffer.from(chunk))
  return made
}

test('what has come already is found', async () => {
  expect((await output('one two').waitFor('two')).index).toBe(4)
})

test('what is still to come is waited for, also when it comes in pieces', async () => {
  const it = output('rea')
  const found = it.waitFor(/ready (\d)/)
  setTimeout(() => it.append(Buffer.from('dy 7')), 20)
  expect((await found)[1]).toBe('7')
})

test('what was found once is not found again', async () => {
  const it = output('$ first $ second')
  await it.waitFor('$ ')
  expect((await it.waitFor('$ ')).input).toBe('first $ second')
  await expect(it.waitFor('$ ', 20)).rejects.toThrow('has not shown $  in 20 ms:\n$ first $ second')
})

test('a character cut in two is put together', async () => {
  const it = new Output('stdout of it')
  const bytes = Buffer.from('é')
  it.append(bytes.subarray(0, 1))
  it.append(bytes.subarray(1))
  await it.waitFor('é')
})

test('a text is a text and no pattern', async () => {
  await expect(output('abc').waitFor('a.c', 20)).rejects.toThrow()
  await output('a.c?').waitFor('a.c?')
})

test('the end of the output ends the waiting, with all that was seen', async () => {
  const it = output('only this')
  setTimeout(() => it.end(), 20)
  await expect(it.waitFor('that')).rejects.toThrow('ended before that was seen:\nonly this')
})

test('what is seen beforehand is still there to be waited for', async () => {
  const it = output('$ first')
  expect([it.shows(/\$ /), it.shows(/#/)]).toEqual([true, false])
  await it.waitFor('$ ')
  expect(it.shows(/\$ /)).toBe(false)
})
