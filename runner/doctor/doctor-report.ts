/** What the doctor says. */

import stringWidth from 'string-width'
import type { Colours } from '../colours.ts'
import type { Language } from '../lesson/lesson.ts'
import { wrapText } from '../read/wrap-pieces.ts'
import { visible } from '../visible.ts'
import type { Report } from './examine-machine.ts'
import type { Finding, State } from './finding.ts'

const NAME = 26
const WIDEST = 110

const mark = (state: State, { green, red, yellow, dim }: Colours): string =>
  ({ ok: green('✓'), missing: red('✗'), unknown: yellow('?'), note: dim('·') })[state]

/** Numbers that follow each other, together. */
const runsOf = (chapters: readonly number[]): number[][] =>
  chapters.reduce<number[][]>((runs, chapter) => {
    const last = runs.at(-1)
    if (last?.at(-1) === chapter - 1) last.push(chapter)
    else runs.push([chapter])
    return runs
  }, [])

const padded = (chapter: number): string => String(chapter).padStart(2, '0')

/** `00, 02–08`: more than two that follow each other are a range. */
const numbers = (chapters: readonly number[]): string =>
  runsOf(chapters)
    .map(run => (run.length > 2 ? `${padded(run[0]!)}–${padded(run.at(-1)!)}` : run.map(padded).join(', ')))
    .join(', ')

const namesOf = (chapters: readonly number[]): string =>
  `${chapters.length === 1 ? 'chapter' : 'chapters'} ${numbers(chapters)}`

/** What cannot be done for want of it. */
const blocked = ({ chapters, commands = [] }: Finding): string =>
  [chapters.length > 0 ? namesOf(chapters) : '', ...commands].filter(Boolean).join(', ')

const hanging = (first: string, text: string, columns: number): string => {
  const width = stringWidth(first)
  const lines = wrapText(text, Math.max(20, columns - width))
  return lines.map((line, index) => (index === 0 ? first : ' '.repeat(width)) + line).join('\n')
}

const visibleFinding = ({ found, cure, ...rest }: Finding): Finding => ({
  ...rest,
  found: visible(found),
  cure: cure && visible(cure),
})

const show = (finding: Finding, columns: number, paint: Colours): string => {
  const { state, name, found, cure } = visibleFinding(finding)
  const head = hanging(`${mark(state, paint)} ${name.padEnd(NAME)} `, found, columns)
  if (state === 'ok' || state === 'note') return head
  const needed = blocked(finding)
  const lines = [
    head,
    ...(needed ? [hanging('    needed by ', needed, columns)] : []),
    ...(cure ? [hanging('    → ', cure, columns)] : []),
  ]
  return lines.join('\n')
}

const chineseVerdict = ({ ok, chapters, root }: Pick<Report, 'ok' | 'chapters' | 'root'>): string => {
  if (ok) return `全部 ${chapters.length} 章都能在这里运行。`
  const blockedOnes = chapters.filter(({ runs }) => !runs).map(({ number }) => number)
  const rest = root ? '' : '需要 root 的各项没有试过：换成 root，结果可能不同。'
  return `第 ${numbers(blockedOnes)} 章眼下还不能在这里运行。${rest}`
}

/** Which chapters run here, in a line. */
export const verdict = ({ ok, chapters, root }: Report, language: Language = 'en'): string => {
  if (language === 'zh') return chineseVerdict({ ok, chapters, root })
  if (ok) return `All ${chapters.length} chapters can run here.`
  const blockedOnes = chapters.filter(({ runs }) => !runs).map(({ number }) => number)
  const rest = root ? '' : ' What takes root was not tried: as root there may be more, or less, in the way.'
  const can =
    blockedOnes.length === chapters.length ? 'No chapter can' : `${namesOf(blockedOnes).replace('c', 'C')} cannot`
  return `${can} run here as it is.${rest}`
}

/** The whole report as text. */
export const showReport = (report: Report, columns: number, paint: Colours): string => {
  const width = Math.min(columns, WIDEST)
  const lines = report.findings.map(finding => show(finding, width, paint))
  return `${lines.join('\n')}\n\n${wrapText(verdict(report), width, paint.bold).join('\n')}`
}
