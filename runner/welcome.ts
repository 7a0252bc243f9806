/** What a reader sees who runs the program without a command. */

import { alignColumns } from './align-columns.ts'
import type { Colours } from './colours.ts'
import { verdict } from './doctor/doctor-report.ts'
import type { Report } from './doctor/examine-machine.ts'
import type { Solved } from './exercises/count-solved.ts'
import { type Chapter, lessonOf } from './lesson/chapters.ts'
import type { Language } from './lesson/lesson.ts'
import { asItIs } from './read/inline-pieces.ts'
import { wrapPieces, wrapText } from './read/wrap-pieces.ts'
import { rememberedPlaces } from './walk/walk-place.ts'

const COMMAND = 'npx tsx runner.ts'

const INDENT = 2
const indented = (line: string): string => ' '.repeat(INDENT) + line

const en = {
  what: 'skdocker is a workbook: you build a small Docker in TypeScript, chapter by chapter.',
  left: (section: number): string => ` ← you left it at section ${section}`,
  solved: ({ solved, all }: Solved): string => ` · ${solved} of ${all} exercises solved`,
  blocked: 'not here as it is',
  next: 'What to type next:',
  read: 'read it in the terminal',
  walk: 'walk through it with a live shell',
  start: 'write its program yourself, and be told what is missing',
  cure: 'what is in the way, and the cure',
  all: 'all commands',
}

const zh: typeof en = {
  what: 'skdocker 是一本练习册：你用 TypeScript，一章一章地造出一个小 Docker。',
  left: section => ` ← 上次停在第 ${section} 节`,
  solved: ({ solved, all }) => ` · ${all} 道题解了 ${solved} 道`,
  blocked: '此机暂不能运行',
  next: '接下来可以输入：',
  read: '在终端里阅读',
  walk: '对着一个真实的 shell 逐段走一遍',
  start: '自己写这一章的程序，缺什么会告诉你',
  cure: '缺什么，怎么补',
  all: '全部命令',
}

/** The chapter to go on with: the one that was left last, else the first. */
const current = (chapters: readonly Chapter[]): Chapter | undefined => {
  const last = rememberedPlaces().at(-1)?.[0]
  return chapters.find(({ name }) => name === last) ?? chapters[0]
}

/**
 * The text.
 * @param solved of the exercises, by the chapter's name
 * @param columns how wide a line may be
 */
export const welcome = (
  chapters: readonly Chapter[],
  report: Report,
  solved: ReadonlyMap<string, Solved>,
  language: Language,
  paint: Colours,
  columns: number,
): string => {
  const ours = language === 'zh' ? zh : en
  const left = new Map(rememberedPlaces())
  const titles = chapters.map(chapter => {
    const place = left.get(chapter.name)
    const count = solved.get(chapter.name) ?? { solved: 0, all: 0 }
    const runs = report.chapters.find(({ name }) => name === chapter.name)?.runs
    const pieces = [
      { text: lessonOf(chapter, language).title, paint: asItIs },
      ...(runs ? [] : [{ text: ` (${ours.blocked})`, paint: paint.yellow }]),
      ...(count.solved > 0 ? [{ text: ours.solved(count), paint: paint.green }] : []),
      ...(place ? [{ text: ours.left(place.section + 1), paint: asItIs }] : []),
    ]
    const [first = '', ...rest] = wrapPieces(pieces, columns - 2 * INDENT)
    return [first, ...rest.map(indented)].map(indented).join('\n')
  })
  const number = Number(current(chapters)?.number ?? 1)
  const sudo = report.root ? '' : 'sudo '
  const hasTerminal = report.findings.some(({ id, state }) => id === 'pty' && state === 'ok')
  const commands = [
    [`${COMMAND} read ${number}`, ours.read],
    ...(hasTerminal ? [[`${sudo}${COMMAND} walk ${number}`, ours.walk]] : []),
    ...(solved.get(current(chapters)?.name ?? '')?.all ? [[`${COMMAND} start ${number}`, ours.start]] : []),
    ...(report.ok ? [] : [[`${sudo}${COMMAND} doctor`, ours.cure]]),
    [`${COMMAND} --help`, ours.all],
  ]
  return [
    ...wrapText(ours.what, columns, paint.bold),
    '',
    ...titles,
    '',
    ...wrapText(verdict(report, language), columns),
    '',
    ours.next,
    ...alignColumns(commands, columns - INDENT).map(row => row.split('\n').map(indented).join('\n')),
  ].join('\n')
}
