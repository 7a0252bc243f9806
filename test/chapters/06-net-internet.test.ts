import { expect, test } from 'vitest'
import {
  command,
  eventually,
  hostUnchanged,
  littleHost,
  needs,
  ourProgram,
  ours,
  requireSuccess,
  shellOn,
} from '../harness/index.ts'

const machine = littleHost('host of a little internet')
hostUnchanged(machine)

const output = shellOn(machine)
const needed = ours(needs('root', 'busybox', 'bash', 'ip'))

/** A page of its web server; undefined as long as the server does not answer. */
const page = async (url: string): Promise<string | undefined> => {
  const { code, stdout } = await command('busybox/bin/busybox', 'wget', '-qO-', url).on(machine).run()
  return code === 0 ? stdout.trim() : undefined
}

const start = async () => {
  const internet = await ourProgram('06-net/internet.ts').on(machine).start()
  const who = await eventually('the web server', () => page('http://203.0.113.80/who'), { program: internet })
  return { internet, who }
}

/** Waits until the cable is gone: the kernel takes its time to end a namespace. */
const awaitGone = (): Promise<true> =>
  eventually('the end of the cable', async () => !(await output('ip -o link')).includes('to-internet') || undefined)

test('06-net/internet.ts has a web server, a name server and a shell', needed, async () => {
  const { internet, who } = await start()
  expect(who).toBe('you are 203.0.113.1')
  expect(await page('http://203.0.113.80/pings')).toBe('pings: 0')
  await output('busybox/bin/busybox ping -c 1 203.0.113.53')
  expect(await page('http://203.0.113.80/pings')).toBe('pings: 1')
  const lookUp = (name: string) =>
    command('busybox/bin/busybox', 'nslookup', name, '203.0.113.53').on(machine).run()
  expect(requireSuccess(await lookUp('www.example'))).toMatch(/Name:\s+www\.example\nAddress.*203\.0\.113\.80/)
  expect((await lookUp('other.example')).stdout).toContain('NXDOMAIN')
  internet.write('ip -oneline link show eth0; exit 3\n')
  await internet.stdout.waitFor('eth0@if203113')
  expect((await internet.exit()).code).toBe(3)
  await awaitGone()
})

test('06-net/internet.ts killed leaves nothing (row 40)', needed, async () => {
  const { internet } = await start()
  internet.kill('SIGKILL')
  await internet.exit()
  await awaitGone()
})
