/** Draws what is in a container: its processes, its cgroup, its files. */

import { type Meter, metersOf, shortCommand, showPids } from './describe.ts'
import type { Container } from './facts.ts'
import type { ProcessTree } from './find-containers.ts'
import type { Layers, Written } from './layer-facts.ts'
import { box, line, type Part, sheet, write } from './shapes.ts'

const GAP = 14
const INDENT = 18

const PROCESS = 46 // high
const MOST_PROCESSES = 8

type Placed = { readonly tree: ProcessTree; readonly depth: number; readonly parent: number | undefined }

/** The processes of a tree from above to below, each with the place of its parent. */
const place = (trees: readonly ProcessTree[]): Placed[] => {
  const all: Placed[] = []
  const add = (tree: ProcessTree, depth: number, parent: number | undefined): void => {
    const index = all.push({ tree, depth, parent }) - 1
    for (const child of tree.children) add(child, depth + 1, index)
  }
  for (const tree of trees) add(tree, 0, undefined)
  return all
}

/** Draws processes as a tree, each with its pid outside and inside. */
export const drawProcesses = (trees: readonly ProcessTree[], x: number, y: number, width: number): Part => {
  const all = place(trees)
  const shown = all.slice(0, MOST_PROCESSES)
  const top = (index: number): number => y + index * (PROCESS + 10)
  const drawn = shown.map(({ tree, depth, parent }, index) => {
    const left = x + Math.min(depth, 5) * INDENT
    const room = x + width - left
    const edge = left - INDENT / 2
    const tie =
      parent === undefined
        ? ''
        : line('brace', `M${edge} ${top(parent) + PROCESS}V${top(index) + PROCESS / 2}H${left}`)
    return [
      tie,
      box('process', left, top(index), room, PROCESS, 12),
      write(shortCommand(tree.command), left + 12, top(index) + 20, { size: 'name', room: room - 24 }),
      write(`pid ${showPids(tree)}`, left + 12, top(index) + 37, { room: room - 24 }),
    ].join('')
  })
  const rest = all.length > shown.length ? write('⋯', x + 12, top(shown.length) + 8) : ''
  const bottom = top(shown.length) + (rest ? 18 : 0) + 4
  return { svg: [...drawn, rest].join('\n'), bottom: shown.length === 0 ? y : bottom }
}

const BAR = 12 // high
const METER = { withBar: 40, withoutBar: 20 } as const // high

const drawMeter = ({ name, used, limit, share }: Meter, x: number, y: number, width: number): string => {
  const text = limit === undefined ? used : `${used} / ${limit}`
  const bar =
    share === undefined
      ? ''
      : box('field', x, y + 20, width, BAR, 3) +
        (share > 0 ? box('used', x, y + 20, Math.max(2, share * width), BAR, 3) : '')
  return write(name, x, y + 13) + write(text, x + 62, y + 13, { room: width - 62 }) + bar
}

/** What a limit is given, and how much of it is used. Nothing where the container has no cgroup of its own. */
export const drawCgroup = (container: Container, x: number, y: number, width: number): Part => {
  const [path] = container.cgroup.paths
  if (path === undefined) return { svg: '', bottom: y }
  let bottom = y + 28
  const drawn = metersOf(container).map(meter => {
    const top = bottom
    bottom += meter.share === undefined ? METER.withoutBar : METER.withBar
    return drawMeter(meter, x + 14, top, width - 28)
  })
  const height = bottom + 6 - y
  const name = write(path.replace(/^\/sys\/fs\/cgroup/, ''), x + 14, y + 22, {
    room: width - 28,
    keeps: 'end',
    more: 'bold',
  })
  return { svg: [box('kernel', x, y, width, height, 14), name, ...drawn].join('\n'), bottom: y + height + GAP }
}

const ROW = 22
const MOST_WRITTEN = 6

const drawWritten = ({ path, what }: Written, x: number, y: number, width: number): string => {
  const mark = { new: '+', changed: '~', deleted: '−' }[what]
  const cell = box(what === 'deleted' ? 'left' : 'cell', x, y, width, ROW - 3, 3)
  return cell + write(`${mark} ${path}`, x + 6, y + 14, { room: width - 12, keeps: 'end' })
}

const drawUpper = ({ upper = '', written }: Layers, x: number, y: number, width: number): Part => {
  const shown = written.slice(0, MOST_WRITTEN)
  const isCut = written.length > shown.length
  const height = 30 + (shown.length + (isCut ? 1 : 0)) * ROW
  const cells = shown.map((each, index) => drawWritten(each, x + 12, y + 28 + index * ROW, width - 24))
  const more = isCut ? write(`⋯ ${written.length - shown.length}`, x + 18, y + 42 + shown.length * ROW) : ''
  const name = [
    write('upper', x + 12, y + 19, { more: 'bold' }),
    write(upper, x + 60, y + 19, { room: width - 82, keeps: 'end' }),
  ]
  return { svg: [sheet(x, y, width, height), ...name, ...cells, more].join('\n'), bottom: y + height }
}

const drawSheet = (name: string, path: string, x: number, y: number, width: number): Part => ({
  svg: [
    sheet(x, y, width, 30),
    write(name, x + 12, y + 19, { more: 'bold' }),
    write(path, x + 60, y + 19, { room: width - 82, keeps: 'end' }),
  ].join(''),
  bottom: y + 30,
})

const MOST_LOWER = 4

/** The root directory: where it lies, or the layers of which it is made, with what was written on top. */
export const drawFiles = ({ root, layers }: Container, x: number, y: number, width: number): Part => {
  if (!root.isOwn) return { svg: '', bottom: y }
  const parts: Part[] = []
  const bottom = (): number => parts.at(-1)?.bottom ?? y
  if (layers?.upper !== undefined) parts.push(drawUpper(layers, x, bottom(), width))
  for (const path of layers?.lower.slice(0, MOST_LOWER) ?? [])
    parts.push(drawSheet('lower', path, x, bottom(), width))
  if (!layers) parts.push(drawSheet('root', root.path, x, bottom(), width))
  return { svg: parts.map(({ svg }) => svg).join('\n'), bottom: bottom() + GAP }
}
