/** A lesson of the tests' own: `node walk-lesson.ts DIRECTORY [SECTION [lab]]`; without `lab` in shells of this machine. */

import { join } from 'node:path'
import { walk } from '../../runner/walk/give-lesson.ts'

const [, , folder = '', from, where] = process.argv
const files = { en: join(folder, 'README.md'), zh: join(folder, 'README.zh-CN.md') }
const chapter = { name: '99-lesson', number: '99', shortName: 'lesson', folder, files }
await walk(chapter, { language: 'en', from, isHere: where !== 'lab' })
process.exit()
