/** Whether a picture is well-formed XML with `<svg>` for its root. */

import { SaxesParser } from 'saxes'

// The parser's message begins with `line:column: ` of its own.
const PLACE = /^(\d+):\d+: /

// The parser takes all that follows for the name of an entity, and complains of what it misses at the end.
const LONE_AMPERSAND = /&(?![#\w]+;)/
const HINT = ' Is there an & that should be &amp;?'

/** What is wrong with an SVG file, with its line; undefined when nothing is. */
export const svgFault = (text: string): string | undefined => {
  const parser = new SaxesParser({ xmlns: true })
  const faults: string[] = []
  let root = ''
  parser.on('opentag', ({ name }) => {
    root ||= name
  })
  parser.on('error', ({ message }) => void faults.push(message.replace(PLACE, 'line $1: ')))
  parser.write(text).close()
  const [first] = faults
  if (first) return LONE_AMPERSAND.test(text) ? first + HINT : first
  return root === 'svg' ? undefined : `its root is <${root}>`
}
