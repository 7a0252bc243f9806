import { readFileSync } from 'node:fs'
import type { Language, Lesson } from './lesson.ts'
import { parseLesson } from './parse-lesson.ts'

/**
 * Reads and parses a text.
 * @throws NodeJS.ErrnoException when there is no such file
 */
export const readLesson = (file: string, language: Language): Lesson =>
  parseLesson(readFileSync(file, 'utf8'), { file, language })
