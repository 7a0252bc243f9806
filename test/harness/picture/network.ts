type Entry = Record<string, unknown>

// They run down, or count, while nobody does anything.
const VOLATILE = new Set(['valid_life_time', 'preferred_life_time', 'expires', 'used', 'users', 'age'])

const steady = (entry: Entry): string =>
  JSON.stringify(entry, (key, value) => (VOLATILE.has(key) ? undefined : value))
    .replaceAll('"', '')
    .slice(1, -1)

// Old versions of ip print an empty object for each entry that they leave out.
const entries = (json = '[]'): Entry[] => {
  const all = JSON.parse(json) as Entry[]
  return all.filter(entry => Object.keys(entry).length > 0)
}

/** One line for each link and for each of its addresses, from `ip -json address`: one line of JSON. */
export const addresses = (json = '[]'): string[] =>
  entries(json).flatMap(({ addr_info, ...link }) => {
    const name = String(link.ifname)
    return [
      `link ${steady(link)}`,
      ...(addr_info as Entry[]).map(address => `address on ${name} ${steady(address)}`),
    ]
  })

/** One line for each route, from `ip -json route`. */
export const routes = (json = '[]'): string[] => entries(json).map(steady)
