/**
 * A little host and a little internet, each a network namespace that the test has made, with a cable between them.
 * Nothing that is sent here can leave the machine. The addresses are set aside for documentation (RFC 5737).
 */

import { symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import {
  type Command,
  command,
  eventually,
  littleHost,
  program,
  requireSuccess,
  scaled,
  shellOn,
  temporaryDirectory,
  typescript,
} from '../harness/index.ts'

/** A server, duck.example, that tells everybody who connects to its port 80 the address it sees them at. */
export const SERVER = '198.51.100.80'
const NAMESERVER = '198.51.100.53'
/** The address of the little host on the internet. */
export const HOST = '203.0.113.2'

export const RESOLV_CONF = `nameserver ${NAMESERVER}\nsearch example\n`

// The rules of other programs, which ours must not touch.
const OTHERS = `
  if command -v iptables; then
    iptables -N OTHERS
    iptables -A OTHERS -s 192.0.2.7 -j DROP
    iptables -A FORWARD -j OTHERS
    iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
  fi
  if command -v nft; then nft 'table inet others { chain input { type filter hook input priority 5; tcp dport 7 drop; }; }'; fi`

export const internet = littleHost('internet', {
  setup: `
  ip address add ${SERVER}/32 dev lo
  ip address add ${NAMESERVER}/32 dev lo`,
})

export const machine = littleHost('little host', { resolvConf: RESOLV_CONF, setup: OTHERS })

/** The output of a script that must succeed, run on the little host. */
export const output = shellOn(machine)

/** Changes the little host, and undoes the change when the test ends. */
export const untilTestEnds = async (make: string, undo: string): Promise<void> => {
  await output(make)
  onTestFinished(() => output(undo).then(() => {}))
}

/** A program of the chapter, run on the little host. */
export const chapter = (file: string): Command => program(`06-net/${file}`).on(machine)

export const main = chapter('main.ts')
export const initNet = chapter('init-net.ts')

/** For the top of a test file: lays the cable between host and internet, and starts the server. */
export const withInternet = (): void =>
  beforeAll(async () => {
    await output(`
      ip link add eth0 type veth peer name eth0 netns ${await internet.pid()}
      ip address add ${HOST}/24 dev eth0
      ip link set eth0 up`)
    const cable = 'ip address add 203.0.113.1/24 dev eth0; ip link set eth0 up'
    await command('sh', '-ec', cable).on(internet).run()
    await output('ip route add default via 203.0.113.1')
    const server = typescript(join(dirname(fileURLToPath(import.meta.url)), '06-net-server.ts')).on(internet)
    const running = await server.start([SERVER, NAMESERVER])
    await eventually(
      'the server',
      () => (running.stdout.text.includes('web') && running.stdout.text.includes('dns')) || undefined,
      { program: running },
    )
  }, scaled(60_000))

/** The options of the bridge that the running tests share; undefined when they share none. */
let shared: readonly string[] | undefined

/** For describe: makes the bridge for all its tests. */
export const withBridge = (...options: string[]): void => {
  beforeAll(async () => {
    requireSuccess(await initNet.run(options))
    shared = options
  }, scaled(60_000))
  afterAll(async () => {
    shared = undefined
    requireSuccess(await initNet.run(['--down']))
  }, scaled(60_000))
}

/** For the top of a test file: after a test that failed, the next one finds the bridge as it should be. */
export const resetBridgeAfterFailure = (): void =>
  beforeEach(({ onTestFailed }) =>
    onTestFailed(async () => {
      await initNet.run(['--down'])
      if (shared) requireSuccess(await initNet.run(shared))
    }),
  )

/** The names of the devices that are plugged into the bridge. */
export const ports = async (): Promise<string[]> => {
  const links = JSON.parse(await output('ip -json link show')) as { ifname?: string; master?: string }[]
  return links.filter(({ master }) => master === 'skdocker0').flatMap(({ ifname }) => ifname ?? [])
}

/** The aliases of these devices: the addresses that containers have. */
export const leasedAddresses = async (): Promise<string[]> => {
  const links = JSON.parse(await output('ip -json link show')) as { ifalias?: string; master?: string }[]
  return links.filter(({ master }) => master === 'skdocker0').map(({ ifalias = '' }) => ifalias)
}

/** Waits until nothing is plugged into the bridge any more. The kernel takes its time to end a namespace. */
export const awaitUnplugged = (): Promise<true> =>
  eventually('the end of the last veth', async () => (await ports()).length === 0 || undefined)

/** A PATH on which there are only these commands, those that our scripts use beside them, and those of the harness. */
export const onlyThese = async (...commands: string[]): Promise<{ PATH: string }> => {
  const PATH = await temporaryDirectory()
  const family = commands.includes('iptables') ? ['iptables-save', 'iptables-restore'] : []
  for (const command of ['sh', 'nsenter', 'awk', 'grep', 'flock', ...family, ...commands])
    await symlink(await output(`command -v ${command}`), join(PATH, command))
  return { PATH }
}
