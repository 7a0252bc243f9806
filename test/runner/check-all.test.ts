import { expect, test } from 'vitest'
import { hostUnchanged, needs, repository, scaled, typescript } from '../harness/index.ts'

hostUnchanged()

const TIMEOUT = 30 * 60_000 // ms

// Each chapter's transcripts and excerpts, in both languages: what the reader's own command says of them.
test('the texts are true', { ...needs('root', 'pty', 'busybox'), timeout: scaled(TIMEOUT) + 60_000 }, async () => {
  const { code, stdout } = await typescript(`${repository}runner.ts`).run(['check'], { timeout: scaled(TIMEOUT) })
  expect(code, stdout).toBe(0)
})
