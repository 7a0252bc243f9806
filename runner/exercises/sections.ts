/** Which section of a text is meant. Both languages have the same headings in the same order, so one name does for both. */

import { type Chapter, lessonOf } from '../lesson/chapters.ts'
import { type Language, ofKind } from '../lesson/lesson.ts'

/** The titles of all headings of a text. */
const headings = (chapter: Chapter, language: Language): string[] =>
  ofKind(lessonOf(chapter, language).blocks, 'heading').map(({ text }) => text)

/**
 * The title that a section has in one language.
 * @param name its title in the English text
 * @throws Error when there is none of that name
 */
export const sectionTitle = (chapter: Chapter, name: string, language: Language): string => {
  const index = headings(chapter, 'en').indexOf(name)
  const title = headings(chapter, language)[index]
  if (title === undefined) throw new Error(`${chapter.name} has no section ${JSON.stringify(name)}`)
  return title
}
