import { expect, test } from 'vitest'
import { ToolError } from '#native/host-tool.ts'

// The words are those of iproute2, libiptc, libxtables and nftables.
test.each([
  ['ip', 'Error: Unknown device type.', 'modprobe -a veth bridge'],
  [
    'iptables',
    "can't initialize iptables table `nat': Table does not exist (do you need to insmod?)",
    /modprobe .*nf_nat/,
  ],
  ['iptables', 'Warning: Extension MASQUERADE revision 0 not supported, missing kernel module?', /xt_MASQUERADE/],
  ['nft', 'netlink: Error: cache initialization failed: Operation not supported', /nft_masq/],
])('what %s lacks in the kernel is named: %s', (tool, complaint, modules) => {
  const { message } = new ToolError(tool, `${complaint}\n`)
  expect(message).toContain(`${tool}: ${complaint}: `)
  expect(message).toMatch(modules)
})

test('other complaints are told as they are', () => {
  expect(new ToolError('ip', 'RTNETLINK answers: File exists\n').message).toBe('ip: RTNETLINK answers: File exists')
})
