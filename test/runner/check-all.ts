/** A text's transcripts and excerpts, in both languages: what the reader's own command says of them. */

import { expect, test } from 'vitest'
import { findTexts } from '../../runner/lesson/chapters.ts'
import { hostUnchanged, needs, repository, scaled, typescript } from '../harness/index.ts'

// The harness keeps these from the programs of the course, but this one runs tests of its own.
const { SKDOCKER_NO_SKIP, SKDOCKER_TIMEOUT_SCALE } = process.env

const TIMEOUT = 10 * 60_000 // ms

/**
 * A test for each of some texts. They take minutes together, so two files share them, which run at the same time.
 * @param isMeant whether a text, such as `04-allns`, is among them
 */
export const testTexts = (isMeant: (name: string) => boolean): void => {
  hostUnchanged()
  const names = findTexts()
    .map(({ name }) => name)
    .filter(isMeant)
  test.each(names)(
    'the text of %s is true',
    { ...needs('root', 'pty', 'busybox'), timeout: scaled(TIMEOUT) + 60_000 },
    async name => {
      const { code, stdout } = await typescript(`${repository}runner.ts`).run(['check', name], {
        env: { SKDOCKER_NO_SKIP, SKDOCKER_TIMEOUT_SCALE },
        timeout: scaled(TIMEOUT),
      })
      expect(code, stdout).toBe(0)
    },
  )
}

/** Those whose transcripts take longest. */
export const isLong = (name: string): boolean => /^0[567]-/.test(name)
