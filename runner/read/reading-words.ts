/** The few words that are ours and not the text's, in its language. */

import type { Language } from '../lesson/lesson.ts'

const WORDS = {
  en: {
    picture: 'picture',
    terminal: 'terminal',
    answersHidden: 'The answers are hidden: --answers shows them.',
  },
  zh: {
    picture: '图',
    terminal: '终端',
    answersHidden: '答案没有显示，加上 --answers 就能看到。',
  },
} as const satisfies Record<Language, Record<string, string>>

export const words = (language: Language): Readonly<Record<keyof (typeof WORDS)['en'], string>> => WORDS[language]
