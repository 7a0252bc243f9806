/**
 * Draws containers as a picture: a container is a dashed border with its processes, its cgroup, its files and its ends of
 * cables in it. Cables run down at the right to the bridge that they are plugged into.
 */

import { allContainers, type Cable, cableOf, isContainer, networkOf, showDevice, uplinksOf } from './describe.ts'
import { drawCgroup, drawFiles, drawProcesses } from './draw-things.ts'
import type { Container, Facts } from './facts.ts'
import type { Device, Network } from './network-facts.ts'
import { PICTURE_STYLE } from './picture-style.ts'
import { box, line, type Part, textWidth, write } from './shapes.ts'

const WIDTH = 640
const EDGE = 12 // between the picture and the host
const GAP = 14
const LANE = 18 // between two cables

/** An end of a cable that has been drawn, and the device that it leads to. */
type DrawnEnd = { readonly x: number; readonly y: number; readonly namespace: string; readonly hub: string }

/** A bridge, or the device at the other end of a cable that is in no bridge. */
type Hub = { readonly device: Device; readonly namespace: string }

/** With what everything is drawn; ends are noted for the area in which the other end is. */
type Pen = { readonly facts: Facts; readonly ends: DrawnEnd[] }

/**
 * The cables that lead out of a network, to that of the host or of what is around it. Every cable has two ends, and is drawn
 * from the one that came later: networks are in the order in which their containers were made.
 */
const cablesFrom = (network: Network, facts: Facts): Cable[] =>
  network.devices
    .map(device => cableOf(device, network, facts))
    .filter(({ other }) => other !== undefined && facts.networks.indexOf(other) < facts.networks.indexOf(network))

/** The cables that lead to the devices of a network. Each needs a lane of its own. */
const cablesTo = (network: Network | undefined, facts: Facts): Cable[] =>
  allContainers(facts)
    .flatMap(container => networkOf(container, facts) ?? [])
    .flatMap(each => cablesFrom(each, facts))
    .filter(({ other }) => other === network)

/** Of the devices of a network, its bridges and those to which cables lead. */
const hubsOf = (network: Network, facts: Facts): Hub[] => {
  const names = cablesTo(network, facts).map(({ bridge, peer }) => (bridge ?? peer)?.name)
  return network.devices
    .filter(({ name, kind }) => kind === 'bridge' || names.includes(name))
    .map(device => ({ device, namespace: network.namespace }))
}

const NAMESPACE = 26 // high

const drawNamespaces = ({ own }: Container, x: number, y: number): Part => {
  let left = x
  const capsules = own.map(kind => {
    const width = textWidth(kind, 'name') + 22
    const drawn = box('kernel', left, y, width, NAMESPACE, 13) + write(kind, left + 11, y + 18, { size: 'name' })
    left += width + 8
    return drawn
  })
  return { svg: capsules.join(''), bottom: own.length === 0 ? y : y + NAMESPACE + GAP }
}

const END = { width: 200, height: 46 } as const

/** The ends of cables that a container has, in which their addresses are written. */
const drawEnds = (container: Container, x: number, y: number, width: number, pen: Pen): Part => {
  const network = networkOf(container, pen.facts)
  if (!network) return { svg: '', bottom: y }
  let bottom = y
  const drawn = cablesFrom(network, pen.facts).flatMap(({ device, peer, bridge }) => {
    if (!peer || !device.peer) return []
    const top = bottom
    bottom += END.height + GAP
    const middle = top + END.height / 2
    const address = device.addresses.join(' ')
    pen.ends.push({ x: x + END.width, y: middle, namespace: device.peer.namespace, hub: (bridge ?? peer).name })
    return [
      box('kernel', x, top, END.width, END.height, 18),
      write(device.name, x + 16, top + 19, { size: 'name', room: END.width - 32 }),
      write(address, x + 16, top + 37, { room: END.width - 32 }),
      write(peer.name, x + END.width + 14, middle - 9, { room: width - END.width - 14 }),
    ]
  })
  return { svg: drawn.join(''), bottom }
}

const cornerOf = (container: Container): string =>
  `${isContainer(container) ? 'container' : 'process'} ${container.pid}`

const drawContainer = (container: Container, x: number, y: number, width: number, pen: Pen): Part => {
  const inside = { x: x + 16, width: width - 32 }
  const half = (inside.width - GAP) / 2
  const namespaces = drawNamespaces(container, inside.x, y + 16)
  const processes = drawProcesses(container.processes, inside.x, namespaces.bottom, half)
  const right = inside.x + half + GAP
  const cgroup = drawCgroup(container, right, namespaces.bottom, half)
  const files = drawFiles(container, right, cgroup.bottom, half)
  const ends = drawEnds(container, inside.x, Math.max(processes.bottom, files.bottom), inside.width, pen)
  const area = drawArea(
    container.containers,
    networkOf(container, pen.facts),
    inside.x,
    ends.bottom,
    inside.width,
    pen,
  )
  const bottom = area.bottom + 22
  const border = box('border', x, y, width, bottom - y, 18)
  const corner = write(cornerOf(container), x + 18, bottom - 10, { more: 'bold' })
  const parts = [namespaces, processes, cgroup, files, ends, area].map(({ svg }) => svg)
  return { svg: [border, ...parts, corner].join('\n'), bottom: bottom + GAP }
}

const HUB = 40 // high

const TARGET = /\b(masquerade|snat|dnat|redirect)\b/i

/** What happens to packets that leave a network: the translation, and the device that leads further. */
const drawWayOut = (network: Network, x: number, y: number, width: number): Part => {
  const [uplink] = uplinksOf(network)
  const [rule = ''] = network.translations
  const [target = ''] = TARGET.exec(rule) ?? []
  const [, subnet = ''] = /(?:-s|saddr) (\S+)/.exec(rule) ?? []
  const labels = [...(target ? [`${target.toUpperCase()} ${subnet}`] : []), ...(uplink ? [showDevice(uplink)] : [])]
  const middle = x + width / 2
  const drawn = labels.map((label, index) => {
    const top = y + index * (34 + 22)
    const wide = Math.min(width, textWidth(label, 'name') + 32)
    return [
      line('call', `M${middle} ${top - GAP}V${top + 7}`),
      box('kernel', middle - wide / 2, top + 8, wide, 34, 17),
      write(label, middle - wide / 2 + 16, top + 30, { size: 'name', room: wide - 32 }),
    ].join('')
  })
  return { svg: drawn.join('\n'), bottom: labels.length === 0 ? y : y + labels.length * (34 + 22) + 2 }
}

/** Draws bridges and the cables that lead there. A cable passes the bridges above its own at the right. */
const drawHubs = (network: Network, x: number, y: number, width: number, pen: Pen): Part => {
  const hubs = hubsOf(network, pen.facts)
  let right = x + width - cablesTo(network, pen.facts).length * LANE
  const drawn = hubs.map(({ device, namespace }, index) => {
    const top = y + index * (HUB + GAP)
    const ends = pen.ends.filter(end => end.namespace === namespace && end.hub === device.name)
    right += ends.length * LANE
    // The cable from above is the outermost, so that no other one of this bridge crosses it.
    const cables = ends.map((end, nth) => line('cable', `M${end.x} ${end.y}H${right - nth * LANE - 10}V${top}`))
    return [
      ...cables,
      box('kernel', x, top, right - x, HUB, 10),
      write(showDevice(device), x + 18, top + 26, { size: 'name', room: right - x - 36 }),
    ].join('\n')
  })
  if (hubs.length === 0) return { svg: '', bottom: y }
  const out = drawWayOut(network, x, y + hubs.length * (HUB + GAP), width)
  return { svg: [...drawn, out.svg].join('\n'), bottom: out.bottom }
}

/** Draws what lies in the host or in a container: containers, one below the other, and the network that they are plugged into. */
const drawArea = (
  containers: readonly Container[],
  network: Network | undefined,
  x: number,
  y: number,
  width: number,
  pen: Pen,
): Part => {
  const lanes = cablesTo(network, pen.facts).length * LANE
  let bottom = y
  const drawn = containers.map(container => {
    const part = drawContainer(container, x, bottom, width - lanes, pen)
    bottom = part.bottom
    return part.svg
  })
  if (!network) return { svg: drawn.join('\n'), bottom }
  const hubs = drawHubs(network, x, bottom, width, pen)
  // Cables are drawn first, so that what they pass lies upon them.
  return { svg: [hubs.svg, ...drawn].join('\n'), bottom: hubs.bottom }
}

/** Draws what was found, as SVG. */
export const drawPicture = (facts: Facts): string => {
  const pen = { facts, ends: [] }
  const x = EDGE + 16
  const area = drawArea(facts.containers, facts.networks[0], x, EDGE + 16, WIDTH - 2 * x, pen)
  const height = Math.ceil(area.bottom + 22)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height + EDGE}" role="img" aria-labelledby="title">
  <title id="title">xray</title>
  <style>${PICTURE_STYLE}  </style>
  <defs>
    <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" markerUnits="userSpaceOnUse" orient="auto">
      <path class="head" d="M0 0 10 5 0 10Z"/>
    </marker>
  </defs>
${box('border', EDGE, EDGE, WIDTH - 2 * EDGE, height - EDGE, 18)}
${area.svg}
${write('host', EDGE + 18, height - 10, { more: 'bold' })}
</svg>
`
}
