/** What docs/steps.md says of a step, for whoever asks about a call. */

import { findTexts, lessonOf } from '../lesson/chapters.ts'
import { type Language, ofKind } from '../lesson/lesson.ts'

// Two steps have names of their own: they are one use of a call that has many.
const STEP_OF_CALL: Readonly<Record<string, string>> = { execve: 'exec', prctl: 'dieWithParent' }

/** The line on a call: `chroot(path)`: makes a directory the child’s root. Undefined where the page has none. */
export const stepOf = (call: string, language: Language): string | undefined => {
  const page = findTexts().find(({ name }) => name === 'steps')
  if (!page) return undefined
  const name = STEP_OF_CALL[call] ?? call
  const rows = ofKind(lessonOf(page, language).blocks, 'table').flatMap(({ rows }) => rows)
  const row = rows.find(([first]) => first?.content.replaceAll('`', '').startsWith(`${name}(`))
  return row && `${row[0]!.content.replaceAll('`', '')}: ${row[1]!.content.replaceAll('`', '')}`
}
