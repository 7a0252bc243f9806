/** Draws containers in the terminal: each in a box, in which the boxes of those lie that were made in it. */

import stringWidth from 'string-width'
import type { Colours } from '../colours.ts'
import { isRoot } from '../is-root.ts'
import type { Language } from '../lesson/lesson.ts'
import { asItIs, type Piece } from '../read/inline-pieces.ts'
import { wrapPieces, wrapText } from '../read/wrap-pieces.ts'
import {
  cableOf,
  harmless,
  isContainer,
  isRouter,
  type Meter,
  metersOf,
  networkOf,
  sharedKinds,
  shortCommand,
  showDevice,
  showPids,
  uplinksOf,
} from './describe.ts'
import type { Container, Facts } from './facts.ts'
import type { ProcessTree } from './find-containers.ts'
import type { Device, Network } from './network-facts.ts'
import { type XrayWords, xrayWords } from './xray-words.ts'

/** With what everything is drawn. */
type Pen = { readonly facts: Facts; readonly words: XrayWords; readonly paint: Colours }

/** A line of a box: what it tells of, and that. */
type Row = { readonly label: string; readonly pieces: readonly Piece[] }

const LABEL = 12 // columns

const plain = (text: string): Piece => ({ text, paint: asItIs })

/** A command line is cut where it does not fit: its beginning tells which it is. */
const cut = (text: string, columns: number): string => {
  if (stringWidth(text) <= columns) return text
  let width = 0
  let shown = ''
  for (const character of text) {
    width += stringWidth(character)
    if (width > columns - 1) break
    shown += character
  }
  return `${shown}…`
}

const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)))

const showRow = ({ label, pieces }: Row, columns: number, { paint }: Pen): string[] =>
  wrapPieces(pieces, columns - LABEL).map(
    (line, index) => paint.dim(padded(index === 0 ? cut(label, LABEL - 1) : '', LABEL)) + line,
  )

const processLines = (tree: ProcessTree, columns: number, { paint }: Pen, before = '', below = ''): string[] => {
  const pids = showPids(tree)
  const room = columns - stringWidth(before) - stringWidth(pids) - 2
  const line = `${paint.dim(before)}${paint.blue(pids)}  ${paint.bold(cut(shortCommand(tree.command), room))}`
  const children = tree.children.flatMap((child, index) => {
    const isLast = index === tree.children.length - 1
    return processLines(
      child,
      columns,
      { paint } as Pen,
      `${below}${isLast ? '└ ' : '├ '}`,
      `${below}${isLast ? '  ' : '│ '}`,
    )
  })
  return [line, ...children]
}

const labelled = (label: string, lines: readonly string[], { paint }: Pen): string[] =>
  lines.map((line, index) => paint.dim(padded(index === 0 ? label : '', LABEL)) + line)

const BAR = 20 // columns

const showMeter = ({ name, used, limit, share }: Meter, { paint, words }: Pen): Row => {
  if (limit === undefined || share === undefined)
    return { label: `  ${name}`, pieces: [plain(words.unlimited(used))] }
  const full = Math.round(share * BAR)
  const colour = share > 0.9 ? paint.yellow : paint.green
  return {
    label: `  ${name}`,
    pieces: [
      { text: '█'.repeat(full), paint: colour, isWhole: true },
      { text: '░'.repeat(BAR - full), paint: paint.dim, isWhole: true },
      plain(` ${used} ${words.of} ${limit}`),
    ],
  }
}

const MOST_MOUNTS = 6

const mountsRow = ({ mounts }: Container, { words, paint }: Pen): Row[] => {
  if (mounts.length === 0) return []
  const shown = mounts.slice(0, MOST_MOUNTS).map(({ mountPoint, type }) => `${harmless(mountPoint)} (${type})`)
  const more = mounts.length > MOST_MOUNTS ? [words.more(mounts.length - MOST_MOUNTS)] : []
  return [{ label: words.mounts, pieces: [{ text: [...shown, ...more].join(', '), paint: paint.yellow }] }]
}

const MOST_WRITTEN = 8

const layerRows = ({ layers }: Container, { words, paint }: Pen): Row[] => {
  if (!layers) return []
  const { upper, lower, written } = layers
  const widest = Math.max(...Object.values(words.what).map(what => stringWidth(what)))
  const shown = written.slice(0, MOST_WRITTEN).map(
    ({ path, what }): Row => ({
      label: '',
      pieces: [
        { text: `  ${padded(words.what[what], widest)} `, paint: asItIs, isWhole: true },
        { text: harmless(path), paint: what === 'deleted' ? paint.dim : paint.yellow },
      ],
    }),
  )
  const rest = layers.isCut ? words.evenMore : words.more(written.length - shown.length)
  const layer = (name: string, path: string): Row => ({
    label: '',
    pieces: [plain(`${name} `), { text: harmless(path), paint: paint.yellow }],
  })
  const rows = [
    ...(upper === undefined ? [] : [layer('upper', upper)]),
    ...shown,
    ...(written.length > shown.length
      ? [{ label: '', pieces: [{ text: `  ${rest}`, paint: asItIs, isWhole: true }] }]
      : []),
    ...lower.map(path => layer('lower', path)),
  ]
  return rows.map((row, index) => (index === 0 ? { ...row, label: words.layers } : row))
}

const CABLE = ' ━━ '

/** A device and, where a cable leads from it, whatever this leads to. */
const cablePieces = (device: Device, network: Network, { facts, paint }: Pen): Piece[] => {
  const { peer, bridge } = cableOf(device, network, facts)
  const paintDevice = (each: Device): Piece => ({
    text: showDevice(each),
    paint: each.isUp ? paint.green : paint.dim,
  })
  const ends = [device, peer, bridge].filter(each => each !== undefined)
  return ends.flatMap((each, index) => [...(index === 0 ? [] : [plain(CABLE)]), paintDevice(each)])
}

const networkRows = (network: Network, pen: Pen): Row[] =>
  isRouter(network)
    ? routerRows(network, pen)
    : network.devices
        .filter(({ name, isUp }) => name !== 'lo' || (isUp && network.devices.length === 1))
        .map(device => ({ label: '', pieces: cablePieces(device, network, pen) }))

const endRow = (device: Device, network: Network, { facts, words, paint }: Pen): Row => {
  const { peer, other } = cableOf(device, network, facts)
  const end = peer && other ? words.end(showDevice(peer), other.pid) : '…'
  return {
    label: '',
    pieces: [
      { text: '  ┗━ ', paint: asItIs, isWhole: true },
      { text: showDevice(device), paint: paint.green },
      plain(CABLE),
      { text: end, paint: paint.green },
    ],
  }
}

/** Bridges, the cables that are plugged into each, cables without a bridge, and what is translated. */
const routerRows = (network: Network, pen: Pen): Row[] => {
  const { paint } = pen
  const { devices } = network
  const bridges = devices.filter(({ kind }) => kind === 'bridge')
  const ends = devices.filter(({ kind }) => kind === 'veth')
  const green = (text: string): Row => ({ label: '', pieces: [{ text, paint: paint.green }] })
  return [
    ...bridges.flatMap(bridge => [
      green(showDevice(bridge)),
      ...ends.filter(end => end.bridge === bridge.name).map(end => endRow(end, network, pen)),
    ]),
    ...ends
      .filter(({ bridge }) => bridge === undefined)
      .map(end => ({ label: '', pieces: cablePieces(end, network, pen) })),
    ...network.translations.map(rule => ({ label: '', pieces: [plain(`NAT ${harmless(rule)}`)] })),
    ...uplinksOf(network).map(uplink =>
      green(`${showDevice(uplink)}${network.gateway ? ` → ${network.gateway}` : ''}`),
    ),
  ]
}

const withLabel = (label: string, rows: readonly Row[]): Row[] =>
  rows.map((row, index) => (index === 0 ? { ...row, label } : row))

/** @param room columns for what is told */
const rowsOf = (container: Container, room: number, pen: Pen): Row[] => {
  const { words, paint } = pen
  const network = networkOf(container, pen.facts)
  const { root, cgroup, starter } = container
  const shared = sharedKinds(container)
  return [
    ...(starter
      ? [{ label: words.startedBy, pieces: [plain(cut(`${starter.pid}  ${shortCommand(starter.command)}`, room))] }]
      : []),
    ...(shared.length > 0 ? [{ label: words.shared, pieces: [{ text: shared.join(' '), paint: paint.dim }] }] : []),
    ...(root.isOwn ? [{ label: words.root, pieces: [{ text: harmless(root.path), paint: paint.yellow }] }] : []),
    ...(container.own.includes('mnt') || root.isOwn ? mountsRow(container, pen) : []),
    ...layerRows(container, pen),
    ...withLabel(
      'cgroup',
      cgroup.paths.map(path => ({ label: '', pieces: [{ text: harmless(path), paint: paint.green }] })),
    ),
    ...metersOf(container).map(meter => showMeter(meter, pen)),
    ...(network ? withLabel(words.network, networkRows(network, pen)) : []),
  ]
}

/** The border of a box, with its name in it. */
const border = (ends: string, name: readonly Piece[], columns: number, { paint }: Pen): string => {
  const [left = '', right = ''] = [...ends]
  const text = name.map(piece => piece.paint(piece.text)).join('')
  const rest = columns - 2 - stringWidth(text)
  return `${paint.dim(left)}${text}${paint.dim(`${'─'.repeat(Math.max(0, rest))}${right}`)}`
}

const titleOf = (container: Container, { words, paint }: Pen): Piece[] => [
  { text: '─ ', paint: paint.dim },
  { text: `${isContainer(container) ? words.container : words.process} ${container.pid}`, paint: paint.bold },
  ...(container.own.length > 0
    ? [
        { text: ' ── ', paint: paint.dim },
        { text: container.own.join(' '), paint: paint.green },
      ]
    : []),
  plain(' '),
]

const boxOf = (container: Container, columns: number, pen: Pen): string[] => {
  const room = columns - 4
  const processes = container.processes.flatMap(tree => processLines(tree, room - LABEL, pen))
  const lines = [
    ...labelled(pen.words.processes, processes, pen),
    ...rowsOf(container, room - LABEL, pen).flatMap(row => showRow(row, room, pen)),
    ...container.containers.flatMap(inner => boxOf(inner, room, pen)),
  ]
  const edge = pen.paint.dim('│')
  return [
    border('╭╮', titleOf(container, pen), columns, pen),
    ...lines.map(line => `${edge} ${padded(line, room)} ${edge}`),
    border('╰╯', [], columns, pen),
  ]
}

const hostLines = (columns: number, pen: Pen): string[] => {
  const network = pen.facts.networks[0]
  const isPlugged = network && isRouter(network)
  if (!isPlugged) return []
  return withLabel(pen.words.host, routerRows(network, pen)).flatMap(row => showRow(row, columns, pen))
}

/** What could not be looked at, in one line; nothing where everything could. */
export const showUnseen = ({ unseen }: Facts, words: XrayWords): string => {
  const what = [
    ...(unseen.processes > 0 ? [words.unseenProcesses(unseen.processes)] : []),
    ...(unseen.networks ? [words.unseenNetworks[unseen.networks]] : []),
  ]
  const why = unseen.networks === 'ip' ? '' : isRoot() ? words.refused : words.takesRoot
  return what.length === 0 ? '' : words.unseen(what, why)
}

/**
 * Draws what was found.
 * @param root the process below which it was looked for
 * @param columns how wide a line may be
 */
export const drawFacts = (
  facts: Facts,
  root: number | undefined,
  language: Language,
  columns: number,
  paint: Colours,
): string => {
  const pen = { facts, words: xrayWords(language), paint }
  const { words } = pen
  const none = root === undefined ? words.noContainer : words.notInside(root)
  const boxes = facts.containers.flatMap(container => boxOf(container, columns, pen))
  const unseen = showUnseen(facts, words)
  return [
    ...(boxes.length > 0 ? [...boxes, ...hostLines(columns, pen)] : wrapText(none, columns)),
    ...(unseen ? wrapText(unseen, columns, paint.yellow) : []),
  ].join('\n')
}
