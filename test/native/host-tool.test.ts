import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runTool, ToolError } from '#native/host-tool.ts'
import { eventually, isAlive, scaled, temporaryDirectory } from '../harness/index.ts'

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

test('a tool that does not end is killed, with all that it has started', { timeout: scaled(60_000) }, async () => {
  const directory = temporaryDirectory()
  const tool = ['sh', '-c', 'sleep 1000 & echo $! >"$0"; kill -STOP $$', join(directory, 'pid')] as const
  await expect(runTool(tool)).rejects.toThrow(/^sh: it had not ended after 30 seconds: see with "ps -ef"/)
  const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'))
  expect(pid).toBeGreaterThan(1)
  await eventually('its end', () => !isAlive(pid) || undefined)
})
