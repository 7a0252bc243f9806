import { expect, test } from 'vitest'
import { findTexts } from '../../runner/lesson/chapters.ts'
import { hostUnchanged, needs, repository, scaled, typescript } from '../harness/index.ts'

hostUnchanged()

// The harness keeps these from the programs of the course, but this one runs tests of its own.
const { SKDOCKER_NO_SKIP, SKDOCKER_TIMEOUT_SCALE } = process.env

const TIMEOUT = 10 * 60_000 // ms

const texts = findTexts().map(({ name }) => name)

// A text's transcripts and excerpts, in both languages: what the reader's own command says of them.
test.each(texts)(
  'the text of %s is true',
  {
    ...needs('root', 'pty', 'busybox'),
    timeout: scaled(TIMEOUT) + 60_000,
  },
  async name => {
    const { code, stdout } = await typescript(`${repository}runner.ts`).run(['check', name], {
      env: { SKDOCKER_NO_SKIP, SKDOCKER_TIMEOUT_SCALE },
      timeout: scaled(TIMEOUT),
    })
    expect(code, stdout).toBe(0)
  },
)
