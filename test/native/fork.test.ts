import { expect, test } from 'vitest'
import { hostUnchanged } from '../harness/index.ts'
import { programOf } from './run.ts'

hostUnchanged()

test('a child that goes on in JavaScript dies before its first word', async () => {
  const { stdout } = await programOf('fork.ts').run()
  expect(stdout).toBe('the child was ended by signal 11\n')
})
