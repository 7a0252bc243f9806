import { Command } from './command.ts'
import type { Result } from './live-process.ts'
import { type World, world } from './world.ts'

// Left alone, devices give themselves addresses of IPv6, and change them by themselves seconds later.
const IPV6 = {
  off: ['disable_ipv6', '1'],
  /** without duplicate address detection */
  steady: ['accept_dad', '0'],
} as const

type LittleHostOptions = {
  /** default: off */
  readonly ipv6?: keyof typeof IPV6
  /** what its /etc/resolv.conf says; default: what the host's says */
  readonly resolvConf?: string
  /** a shell script that furnishes it further: rules, devices and mounts of others */
  readonly setup?: string
}

const mountResolvConf = (resolvConf: string): string => `
  mount -t tmpfs run /run
  printf '${resolvConf.replaceAll('\n', '\\n')}' >/run/resolv.conf
  mount --bind /run/resolv.conf /etc/resolv.conf`

/**
 * A little host: a network and mounts of its own, with nothing but a loopback, on which addresses stay as they are and
 * nothing is forwarded. What is done there is not seen on the host.
 * @param name for the reports
 */
export const littleHost = (name: string, options: LittleHostOptions = {}): World => {
  const { ipv6 = 'off', resolvConf, setup = '' } = options
  const [file, value] = IPV6[ipv6]
  const steps = [
    'ip link set lo up',
    `for file in /proc/sys/net/ipv6/conf/*/${file}; do [ ! -e $file ] || echo ${value} >$file; done`,
    'echo 0 >/proc/sys/net/ipv4/ip_forward',
    resolvConf === undefined ? '' : mountResolvConf(resolvConf),
    setup,
  ]
  return world(name, ['net', 'mount'], steps.join('\n'))
}

/** The rules of another program: with them the tables and chains are there, which stay when ours go. */
export const OTHER_RULES = `
  if command -v iptables; then
    iptables -A FORWARD -s 192.0.2.7 -j DROP
    iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
  fi`

/** A shell in a world: takes a script that must succeed and returns what it prints, without blanks at both ends. */
export const shellOn =
  (where: World) =>
  async (script: string): Promise<string> =>
    requireSuccess(await new Command(['sh', '-ec'], where).run([script]), script)

/**
 * What a program printed that ended well, without blanks at both ends.
 * @param what it was, for the error
 * @throws Error that shows all that it printed, and how it ended
 */
export const requireSuccess = ({ code, signal, stdout, stderr }: Result, what = 'a program'): string => {
  if (code === 0) return stdout.trim()
  throw new Error(`${what}\nended with ${code ?? signal}\nstdout:\n${stdout}\nstderr:\n${stderr}`)
}
