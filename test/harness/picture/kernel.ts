import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { environment } from '../environment.ts'
import { repository } from '../repository.ts'
import type { World } from '../world.ts'
import { ipcObjects } from './ipc.ts'
import { addresses, routes } from './network.ts'

// What belongs to a namespace can only be read from inside. One script, so that it costs one nsenter, of
// built-in commands where they do (read goes byte by byte, which numbers in /proc/sys do not stand).
// busybox's ip knows no -json. iptables is nft below, unless the old tables are in use.
const SCRIPT = `
exec 2>/dev/null
there() { command -v "$1" >/dev/null; }
section() { echo "== $1"; }
show() { for file; do while read -r line; do echo "$line"; done <"$file"; done; }
cd /proc/sys/kernel && section hostname && show hostname domainname
cd /proc/sysvipc && section ipc && show msg sem shm
cd /proc/sys/net && section forwarding
cat ipv4/ip_forward ipv4/conf/all/route_localnet ipv6/conf/all/forwarding
cd /run/netns && section namespaces && for name in *; do [ -e "$name" ] && echo "$name"; done
section network
echo 'address
  route show table all' | ip -json -batch - || {
  section links
  if there ip; then ip address; ip route show table all; else
    sed 's/:.*//' /proc/net/dev; show /proc/net/if_inet6 /proc/net/fib_trie
  fi
}
section rules
save() { if there "$1-legacy-save"; then "$1-legacy-save"; else "$1-save"; fi; }
if there nft; then nft --stateless list ruleset; else iptables-save; ip6tables-save; fi
read -r table </proc/net/ip_tables_names && save iptables
read -r table </proc/net/ip6_tables_names && save ip6tables
exit 0
`

const run = promisify(execFile)

// iptables-save writes the time of day and the counters of each chain.
const rule = (line: string): string[] => {
  if (line.startsWith('#')) return []
  return [line.replace(/^\[\d+:\d+\] | \[\d+:\d+\]$/, '')]
}

const sectionsOf = (text: string): Map<string, string[]> => {
  const sections = text.split(/^== /m).slice(1)
  return new Map(
    sections.map(section => {
      const [name = '', ...lines] = section.split('\n')
      return [name, lines.filter(Boolean)]
    }),
  )
}

/** What the network, UTS and IPC namespaces of a world hold: sections of lines. */
export const kernelObjects = async (world: World): Promise<Map<string, string[]>> => {
  const [file = '', ...args] = await world.enter(['sh', '-c', SCRIPT], { cwd: '/', setup: undefined })
  const options = { cwd: repository, env: environment(), maxBuffer: 2 ** 26 }
  const { stdout } = await run(file, args, options)
  const sections = sectionsOf(stdout)
  const lines = (name: string) => sections.get(name) ?? []
  const [linksJson, routesJson] = lines('network')
  return new Map([
    ['hostname', lines('hostname')],
    ['System V IPC', ipcObjects(lines('ipc'))],
    ['IP forwarding', lines('forwarding')],
    ['named network namespaces', lines('namespaces')],
    [
      'links and addresses',
      [...addresses(linksJson), ...lines('links').filter(line => !line.includes('valid_lft'))],
    ],
    ['routes', routes(routesJson)],
    ['firewall rules', lines('rules').flatMap(rule)],
  ])
}
