type Entry = Record<string, unknown>

// They run down, or count, while nobody does anything.
const VOLATILE = new Set(['valid_life_time', 'preferred_life_time', 'expires', 'used', 'users', 'age'])

/** One line for each link and for each of its addresses, from `ip -json address`: one line of JSON. */
export function addresses(json = '[]'): string[] {
  return entries(json).flatMap(({ addr_info, ...link }) => {
    const name = String(link.ifname)
    return [
      `link ${steady(link)}`,
      ...(addr_info as Entry[]).map(address => `address on ${name} ${steady(address)}`),
    ]
  })
}

/** One line for each route, from `ip -json route`. */
export function routes(json = '[]'): string[] {
  return entries(json).map(steady)
}

// Old versions of ip print an empty object for each entry that they leave out.
function entries(json = '[]'): Entry[] {
  const all = JSON.parse(json) as Entry[]
  return all.filter(entry => Object.keys(entry).length > 0)
}

function steady(entry: Entry): string {
  return JSON.stringify(entry, (key, value) => (VOLATILE.has(key) ? undefined : value))
    .replaceAll('"', '')
    .slice(1, -1)
}
