import { describe, expect, test } from 'vitest'
import {
  gateway,
  hardwareAddress,
  lowestFreeAddress,
  overlap,
  parseSubnet,
  subnetAround,
} from '#parts/network/subnet.ts'

describe('a subnet', () => {
  test.each([
    ['172.16.0.0/16', '172.16.0.1', '172.16.0.2'],
    ['10.77.8.4/30', '10.77.8.5', '10.77.8.6'],
    ['255.255.255.0/24', '255.255.255.1', '255.255.255.2'],
    ['128.0.0.0/8', '128.0.0.1', '128.0.0.2'],
  ])('%s: the host has %s, the first container %s', (text, first, second) => {
    expect(gateway(parseSubnet(text))).toBe(first)
    expect(lowestFreeAddress(parseSubnet(text))).toBe(second)
  })

  test('the lowest address that is free is given, across the bytes, and never the last', () => {
    const subnet = parseSubnet('10.0.0.0/23')
    const all = Array.from({ length: 509 }, (_, index) => `10.0.${(index + 2) >> 8}.${(index + 2) & 255}`)
    const taken = new Set<string>()
    for (const address of all) {
      expect(lowestFreeAddress(subnet, taken)).toBe(address)
      taken.add(address)
    }
    expect(all.at(-1)).toBe('10.0.1.254')
    expect(() => lowestFreeAddress(subnet, taken)).toThrow('every address of 10.0.0.0/23 has its container')
    taken.delete('10.0.0.77')
    expect(lowestFreeAddress(subnet, taken)).toBe('10.0.0.77')
  })

  test.each([
    ['10.0.0.0/16', '10.0.255.0/24', true],
    ['10.0.0.0/16', '10.1.0.0/24', false],
    ['10.0.0.0/16', '9.255.255.0/24', false],
    ['192.168.0.0/16', '192.168.0.0/16', true],
    ['128.0.0.0/9', '255.0.0.0/8', false],
  ])('%s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(parseSubnet(one), parseSubnet(other))).toBe(expected)
    expect(overlap(parseSubnet(other), parseSubnet(one))).toBe(expected)
  })

  test('an address is in it, whatever its last bits', () => {
    expect(subnetAround('172.16.9.77', 20).text).toBe('172.16.0.0/20')
    expect(subnetAround('255.255.255.255').text).toBe('255.255.255.255/32')
  })

  test('a hardware address goes with each address', () => {
    expect(hardwareAddress('172.16.0.254')).toBe('02:42:ac:10:00:fe')
  })
})
