/** The language in which a reader is shown a text. */

import { Option } from 'commander'
import { type Language, languages } from './lesson/lesson.ts'

/** The language of the reader's terminal. Source: locale(7) */
export const usualLanguage = (): Language => {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env
  return (LC_ALL || LC_MESSAGES || LANG || '').startsWith('zh') ? 'zh' : 'en'
}

/** --lang, for the commands that show texts. */
export const languageOption = (): Option =>
  new Option('--lang <language>', 'of the text; by default that of LC_ALL, LC_MESSAGES or LANG')
    .choices(languages)
    .default(usualLanguage())
