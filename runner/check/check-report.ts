/** What check tells its reader. */

import { relative } from 'node:path'
import Table from 'cli-table3'
import { visible } from '../visible.ts'
import type { Report } from './check-text.ts'
import type { Problem, Skip } from './problem.ts'

const at = ({ file, line }: { file: string; line: number }, root: string): string =>
  `${relative(root, file)}:${line}`

const describeProblem = (problem: Problem, root: string): string =>
  [`${at(problem, root)}: ${problem.message}`, ...(problem.detail ?? []).map(line => `    ${line}`)].join('\n')

const describeSkip = (skip: Skip, root: string): string =>
  `${at(skip, root)}: ${skip.alternative ? 'for another machine' : 'skipped'}: ${skip.reason}`

/** A text's differences and skips, one paragraph each. */
export const textReport = ({ name, problems, skips, updated, seconds }: Report, root: string): string => {
  const verdict = problems.length === 0 ? 'ok' : `${problems.length} to look at`
  const lines = [
    `${name}: ${verdict} (${seconds.toFixed(1)} s)`,
    ...problems.map(problem => describeProblem(problem, root)),
    ...skips.map(skip => describeSkip(skip, root)),
    ...updated.map(file => `rewritten: ${file}`),
  ]
  return visible(lines.join('\n'))
}

const HEAD = ['', 'transcripts', 'commands', 'skipped', 'excerpts', 'links', 'pictures', 'differences'] as const

const cells = ({ name, counts, skips, problems }: Report): [string, ...number[]] => [
  name,
  counts.transcripts,
  counts.commands,
  skips.filter(({ alternative }) => !alternative).length,
  counts.excerpts,
  counts.links,
  counts.pictures,
  problems.length,
]

const PLAIN = { 'top-mid': '', 'bottom-mid': '', 'mid-mid': '', middle: '  ' }
const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-left',
    'top-right',
    'bottom',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'right',
    'right-mid',
  ].map(name => [name, '']),
)

/** How much was checked, for each text and in all. */
export const countsTable = (reports: readonly Report[]): string => {
  const rows = reports.map(cells)
  const total = HEAD.slice(1).map((_, column) => rows.reduce((sum, row) => sum + Number(row[column + 1]), 0))
  const table = new Table({
    head: [...HEAD],
    chars: { ...NO_LINES, ...PLAIN },
    colAligns: ['left', ...HEAD.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows, ['in all', ...total])
  return table.toString()
}

/** The reasons for what was skipped, each with how often. */
export const skipReasons = (reports: readonly Report[]): string[] => {
  const reasons = new Map<string, number>()
  for (const { reason, alternative } of reports.flatMap(({ skips }) => skips))
    if (!alternative) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  return [...reasons].map(([reason, times]) => `skipped ${times} ×: ${reason}`)
}
