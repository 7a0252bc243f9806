/** Whether a picture is well-formed XML with `<svg>` for its root. */

const NAME = String.raw`[A-Za-z_:][\w:.-]*`
const ATTRIBUTES = String.raw`(?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*`
const TOKENS = [
  String.raw`<!--(?:(?!--)[\s\S])*-->`,
  String.raw`<!\[CDATA\[[\s\S]*?\]\]>`,
  String.raw`<\?[\s\S]*?\?>`,
  '<!DOCTYPE[^>[]*>',
  `<(?<close>/)?(?<name>${NAME})(?<attributes>${ATTRIBUTES})(?<empty>/)?>`,
  '(?<text>[^<]+)',
]
const TOKEN = new RegExp(TOKENS.join('|'), 'y')
const LONE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

const twice = (attributes: string): string | undefined => {
  const names = [...attributes.matchAll(new RegExp(`(${NAME})\\s*=\\s*(?:"[^"]*"|'[^']*')`, 'g'))].map(
    match => match[1]!,
  )
  return names.find((name, index) => names.indexOf(name) !== index)
}

/** What is wrong with an SVG file, with its line; undefined when nothing is. */
export const svgFault = (text: string): string | undefined => {
  const open: string[] = []
  let roots = 0
  let index = 0
  const at = (what: string): string => `line ${lineOf(text, index)}: ${what}`
  while (index < text.length) {
    TOKEN.lastIndex = index
    const match = TOKEN.exec(text)
    if (!match) return at(`no tag: ${text.slice(index, index + 30).split('\n')[0]}`)
    const { name, close, empty, attributes = '', text: plain } = match.groups!
    const content = plain ?? attributes
    if (LONE_AMPERSAND.test(content)) return at('an & that is not written &amp;')
    if (plain?.trim() && open.length === 0) return at('text outside <svg>')
    if (name && close) {
      const last = open.pop()
      if (last !== name) return at(`</${name}> closes <${last ?? 'nothing'}>`)
    } else if (name) {
      const double = twice(attributes)
      if (double) return at(`the attribute ${double} twice`)
      if (open.length === 0 && (name !== 'svg' || roots++ > 0)) return at(`<${name}> is not inside <svg>`)
      if (!empty) open.push(name)
    }
    index = TOKEN.lastIndex
  }
  if (open.length > 0) return at(`<${open.at(-1)}> is not closed`)
  return roots === 1 ? undefined : 'there is no <svg>'
}
