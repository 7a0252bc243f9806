import { expect, test } from 'vitest'
import { addresses, routes } from './network.ts'

test('a link and each of its addresses has its line', () => {
  const json = JSON.stringify([
    { ifname: 'e', mtu: 1500, addr_info: [{ local: '192.0.2.9' }, { local: 'fe80::1' }] },
  ])
  expect(addresses(json)).toEqual([
    'link ifname:e,mtu:1500',
    'address on e local:192.0.2.9',
    'address on e local:fe80::1',
  ])
})

test('an address may grow older', () => {
  const aged = (seconds: number) =>
    addresses(JSON.stringify([{ ifname: 'e', addr_info: [{ local: '192.0.2.9', valid_life_time: seconds }] }]))
  expect(aged(10)).toEqual(aged(9))
})

test('a route has its line, and what old versions print for one left out has none', () => {
  expect(routes('[{},{"dst":"default","dev":"e","expires":7,"flags":[]}]')).toEqual(['dst:default,dev:e,flags:[]'])
})
