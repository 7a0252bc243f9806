/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { type Exercise, type Look, must, NotSo, type ProgramExercise } from '#runner/exercises/exercise.ts'
import { commandRuns, killStarter } from '#runner/exercises/looks.ts'
import { pidInLab, type Running, type Trial } from '#runner/exercises/trial.ts'
import { leftovers, type Picture, takePicture } from '#runner/lab/lab-picture.ts'
import { namespaces } from '#runner/probe/process-facts.ts'

const BRIDGE = 'skdocker0'
const NONE = ['--network', 'none', 'busybox']
const HOST = ['--network', 'host', 'busybox']
// Two command lines for the same, because checks share the container of each.
const ONE = ['busybox']
const OTHER = ['--network', 'bridge', 'busybox']

const pictures = new WeakMap<Trial, Promise<Picture>>()

const makeBridge = async (trial: Trial, args: readonly string[]): Promise<Picture> => {
  const { code, stderr } = await trial.beside('06-net/init-net.ts').run(args)
  if (code !== 0) throw new Error(`no bridge could be made in the lab: ${stderr}`)
  // The bridge gets its IPv6 address with the first cable and keeps it: that is nothing that a container has left.
  await trial.onHost(`echo 1 >/proc/sys/net/ipv6/conf/${BRIDGE}/disable_ipv6`)
  return takePicture(trial.lab)
}

/** What the lab was like when it had its bridge and no container yet. The chapter's own init-net.ts makes the bridge. */
const withBridge = (trial: Trial, ...args: string[]): Promise<Picture> => {
  const made = pictures.get(trial) ?? makeBridge(trial, args)
  pictures.set(trial, made)
  return made
}

const onBridge = async (trial: Trial, args: readonly string[] = ONE): Promise<Running> => {
  await withBridge(trial)
  return trial.container(args)
}

/** What a command of the machine's says in the network of a container. */
const inside = async (trial: Trial, init: number, line: string, ...args: string[]): Promise<string> => {
  const enter = `nsenter --target ${pidInLab(init)} --net -- bash -c '${line}' bash "$@"`
  const { stdout } = await trial.onHost(enter, args)
  return stdout.trim()
}

const answers = (text: string): boolean => text.includes('64 bytes from')

const PING = 'busybox/bin/busybox ping -c 1 -W 2 "$1"'

type Address = { readonly address: string; readonly prefix: number }

/** The IPv4 address out of what `ip -4 -oneline address show` says. */
const addressIn = (text: string): Address | undefined => {
  const [, address = '', prefix] = / inet ([\d.]+)\/(\d+) /.exec(text) ?? []
  return address === '' ? undefined : { address, prefix: Number(prefix) }
}

const addressOf = async (trial: Trial, { init }: Running): Promise<Address> => {
  const text = await inside(trial, init, 'ip -4 -oneline address show dev eth0')
  const address = addressIn(text)
  must(address !== undefined, {
    en: 'in the container, "ip address show dev eth0" shows no IPv4 address',
    zh: '在容器里，“ip address show dev eth0”没有显示任何 IPv4 地址',
  })
  return address
}

const bridgeAddress = async (trial: Trial): Promise<Address> => {
  const { stdout } = await trial.onHost(`ip -4 -oneline address show dev ${BRIDGE}`)
  return addressIn(stdout) ?? { address: 'none', prefix: 0 }
}

const numberOf = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)

const usesHostsNetwork: Look = async trial => {
  const { init, exit } = await trial.container(HOST)
  const [own, host] = [namespaces(init).net, namespaces(trial.host).net]
  await exit()
  must(own === host, {
    en: `with --network host, /proc/${init}/ns/net is ${own}; the machine's own is ${host}`,
    zh: `用 --network host 时，/proc/${init}/ns/net 是 ${own}，而机器自己的是 ${host}`,
  })
}

const reachesItselfAlone: Look = async trial => {
  const { init, exit } = await trial.container(NONE)
  const own = namespaces(init).net
  const links = await inside(trial, init, 'ip -oneline link')
  const ping = await inside(trial, init, PING, '127.0.0.1')
  await exit()
  const names = links.split('\n').map(line => line.split(': ')[1])
  must(own !== namespaces(trial.host).net && names.join() === 'lo' && answers(ping), {
    en: `with --network none there is ${names.join(', ')}, and 127.0.0.1 ${answers(ping) ? 'answers' : 'does not answer'}; it was to be lo alone, in a namespace of its own, and to answer`,
    zh: `用 --network none 时有 ${names.join('、')}，127.0.0.1 ${answers(ping) ? '有' : '没有'}回答；应当在自己的命名空间里只有 lo，而且有回答`,
  })
}

/** The number that the other end of eth0 has where it is. */
const otherEnd = async (trial: Trial, { init }: Running): Promise<string> => {
  const links = await inside(trial, init, 'ip -oneline link')
  const [, number = ''] = /: eth0@if(\d+):/.exec(links) ?? []
  must(number !== '', {
    en: `in the container, "ip link" shows ${links
      .split('\n')
      .map(line => line.split(': ')[1])
      .join(', ')}, and no cable eth0@if…`,
    zh: `在容器里，“ip link”显示 ${links
      .split('\n')
      .map(line => line.split(': ')[1])
      .join('、')}，没有网线 eth0@if…`,
  })
  return number
}

const hasCable: Look = async trial => {
  await otherEnd(trial, await onBridge(trial))
}

const isPluggedIn: Look = async trial => {
  const number = await otherEnd(trial, await onBridge(trial))
  const { stdout } = await trial.onHost(`ip -oneline link show master ${BRIDGE}`)
  must(
    stdout.split('\n').some(line => line.startsWith(`${number}: `)),
    {
      en: `the other end of eth0 is interface ${number} of the machine, and "ip link show master ${BRIDGE}" does not have it`,
      zh: `eth0 的另一端是机器的 ${number} 号接口，“ip link show master ${BRIDGE}”里没有它`,
    },
  )
}

const hasAddressOfSubnet: Look = async trial => {
  const [own, bridge] = [await addressOf(trial, await onBridge(trial)), await bridgeAddress(trial)]
  const size = 2 ** (32 - bridge.prefix)
  const isInside = Math.floor(numberOf(own.address) / size) === Math.floor(numberOf(bridge.address) / size)
  must(own.prefix === bridge.prefix && isInside && own.address !== bridge.address, {
    en: `eth0 has ${own.address}/${own.prefix}, and the bridge ${bridge.address}/${bridge.prefix}: that is to be the same range, and another address`,
    zh: `eth0 的地址是 ${own.address}/${own.prefix}，网桥的是 ${bridge.address}/${bridge.prefix}：应当是同一个网段里的另一个地址`,
  })
}

const answersTheHost: Look = async trial => {
  const { address } = await addressOf(trial, await onBridge(trial))
  const { stdout } = await trial.onHost(PING, [address])
  must(answers(stdout), {
    en: `"ping ${address}" on the machine: no answer from the container`,
    zh: `在机器上“ping ${address}”：容器没有回答`,
  })
}

const answersItself: Look = async trial => {
  const { init } = await onBridge(trial)
  must(answers(await inside(trial, init, PING, '127.0.0.1')), {
    en: 'in a container on the bridge, 127.0.0.1 does not answer',
    zh: '在接了网桥的容器里，127.0.0.1 没有回答',
  })
}

const hasDefaultRoute: Look = async trial => {
  const { init } = await onBridge(trial)
  const route = await inside(trial, init, 'ip -4 route show default')
  const { address } = await bridgeAddress(trial)
  must(route.includes(`via ${address} `), {
    en: `the default route of the container is ${JSON.stringify(route)}; it was to lead via ${address}`,
    zh: `容器的默认路由是 ${JSON.stringify(route)}，应当经由 ${address}`,
  })
}

const twoReachEachOther: Look = async trial => {
  const [one, other] = [await onBridge(trial), await onBridge(trial, OTHER)]
  const [{ address }, second] = [await addressOf(trial, one), await addressOf(trial, other)]
  must(address !== second.address, {
    en: `two containers run at once, and both have ${address}`,
    zh: `两个容器同时运行，而地址都是 ${address}`,
  })
  must(answers(await inside(trial, one.init, PING, second.address)), {
    en: `${second.address} does not answer ${address}`,
    zh: `${second.address} 没有回答 ${address}`,
  })
}

const nothingIsLeft = async (trial: Trial, how: { en: string; zh: string }): Promise<void> => {
  const found = await leftovers(trial.lab, await withBridge(trial))
  must(found.length === 0, {
    en: `${how.en}; what is there now, and was not before: ${found.slice(0, 3).join('; ')}`,
    zh: `${how.zh}；现在有而之前没有的：${found.slice(0, 3).join('；')}`,
  })
}

const leavesNothing: Look = async trial => {
  for (const args of [ONE, OTHER]) await onBridge(trial, args).then(({ exit }) => exit())
  await nothingIsLeft(trial, { en: 'the containers have ended', zh: '容器都结束了' })
}

const leavesNothingWhenKilled: Look = async trial => {
  const { init, exit } = await onBridge(trial)
  const ppid = await killStarter(init)
  await exit()
  await nothingIsLeft(trial, {
    en: `the program, process ${ppid}, was killed with SIGKILL`,
    zh: `程序（进程 ${ppid}）被 SIGKILL 杀死`,
  })
}

/** What a line of the program looks like in which a name stands between `${` and `}`. */
const insert = (line: string): string => line.replace(/<(.*?)>/g, '$${$1}')

const FLAG = "export const networkNamespace = (mode: NetworkMode): number => (mode === 'host' ? 0 : CLONE_NEWNET)"
const LO_ALONE = "  if (mode === 'none') await ipInside(pid, 'link set lo up')"
const CABLE = insert(
  '    `link add <device> type veth peer name eth0 address <hardwareAddress(address)> netns <pid>`,',
)
const PLUG = insert('    `link set <device> master <BRIDGE> alias <address> up`,')
const LO = "    'link set lo up',"
const ADDRESS = insert('    `address add <address>/<subnet.prefix> broadcast + dev eth0`,')
const UP = "    'link set eth0 up',"
const ROUTE = insert('    `route add default via <gateway(subnet)>`,')
const FREE = '  const address = lowestFreeAddress(subnet, taken)'
const DEVICE = '  const device = unusedVethName(links)'

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'A cable, an address, a route', zh: '网线、地址、路由' },
  file: 'network.ts',
  runs: 'main.ts',
  task: {
    en: 'main.ts starts a container and has it wait at its gate. Here its network is made meanwhile, by lines for ip(8): you write what you typed by hand. The bridge and NAT are there already: init-net.ts makes them.',
    zh: 'main.ts 启动容器，让它在闸门前等着。这期间，就在这个文件里用 ip(8) 的命令给它接好网络：把你亲手敲过的写进来。网桥和 NAT 已经有了，由 init-net.ts 建好。',
  },
  gaps: [
    {
      lines: LO_ALONE,
      comment: {
        en: 'a container of the mode none reaches itself, and nobody else.',
        zh: '模式是 none 的容器能连到自己，连不到别人。',
      },
      hints: [
        {
          en: 'In a new network namespace lo is there, but Anna could not even ping herself.',
          zh: '新的网络命名空间里有 lo，可是 Anna 连自己都 ping 不通。',
        },
        {
          en: 'Anna typed: ip link set lo up. ipInside(pid, …) runs such a line in the network of a process, without the word ip.',
          zh: 'Anna 敲的是 ip link set lo up。ipInside(pid, …) 在某个进程的网络里执行这样的一行，不用写 ip 这个词。',
        },
        {
          en: "if (mode === 'none') await ipInside(pid, 'link set …')",
          zh: "if (mode === 'none') await ipInside(pid, 'link set …')",
        },
      ],
    },
    {
      lines: CABLE,
      comment: {
        en: 'there is a cable. Its end here is called as device says; the other is eth0, in the network of the process pid, and its hardware address goes with its address.',
        zh: '有一根网线。这一端的名字是 device；另一端叫 eth0，在进程 pid 的网络里，它的硬件地址由地址得来。',
      },
      hints: [
        {
          en: 'A cable is a veth pair, and one line of ip makes both ends, each in its place.',
          zh: '网线就是 veth pair。ip 的一行命令就能把两端都建好，各在各的地方。',
        },
        {
          en: 'By hand it was: ip link add veth-host type veth peer name eth0 netns $anna. After eth0 may stand: address, and a hardware address.',
          zh: '亲手敲的是：ip link add veth-host type veth peer name eth0 netns $anna。eth0 后面还可以写 address 和一个硬件地址。',
        },
        {
          en: insert(
            '`link add <device> type veth peer name eth0 address <hardwareAddress(address)> netns …`, with a comma after it',
          ),
          zh: insert(
            '`link add <device> type veth peer name eth0 address <hardwareAddress(address)> netns …`，后面有逗号',
          ),
        },
      ],
    },
    {
      lines: PLUG,
      comment: {
        en: 'the end here is plugged into the bridge and switched on, and its alias is the address, so that the next container takes another.',
        zh: '这一端插在网桥上，已经启用；它的别名（alias）就是那个地址，下一个容器才会取别的地址。',
      },
      hints: [
        {
          en: 'Plugging in, switching on and an alias: ip link set does all three, and can do so in one line.',
          zh: '插上、启用、起别名，都是 ip link set 的事，一行就能做完。',
        },
        {
          en: 'By hand it was: ip link set veth-host master br-hand. The bridge is called BRIDGE here.',
          zh: '亲手敲的是：ip link set veth-host master br-hand。网桥的名字在这里是 BRIDGE。',
        },
        {
          en: insert('`link set <device> master <BRIDGE> alias … up`,'),
          zh: insert('`link set <device> master <BRIDGE> alias … up`,'),
        },
      ],
    },
    {
      lines: [LO, ADDRESS, UP].join('\n'),
      comment: {
        en: 'in the container, lo and eth0 are switched on, and eth0 has its address, with the prefix of the subnet.',
        zh: '在容器里，lo 和 eth0 都已启用；eth0 有了自己的地址，前缀和网段的一样。',
      },
      hints: [
        {
          en: 'Three lines. You typed each of them in “By hand”.',
          zh: '一共三行，每一行你都在“亲手来”里敲过。',
        },
        {
          en: 'link set NAME up, twice; and address add ADDRESS/PREFIX dev eth0. The prefix is subnet.prefix.',
          zh: 'link set 名字 up，写两次；还有 address add 地址/前缀 dev eth0。前缀是 subnet.prefix。',
        },
        {
          en: insert("'link set lo up', `address add <address>/<subnet.prefix> … dev eth0`, 'link set …',"),
          zh: insert("'link set lo up', `address add <address>/<subnet.prefix> … dev eth0`, 'link set …',"),
        },
      ],
    },
    {
      lines: ROUTE,
      comment: {
        en: 'what is for anybody else goes to the gateway.',
        zh: '发给其他任何地址的，都交给网关。',
      },
      hints: [
        {
          en: 'The route for the range came with the address. What was missing when Anna wanted to reach 203.0.113.1?',
          zh: '网段的路由是随地址一起来的。Anna 要去 203.0.113.1 的时候，还缺了什么？',
        },
        {
          en: 'A default route: ip route add default via ADDRESS. gateway(subnet) is that address.',
          zh: '缺默认路由：ip route add default via 地址。这个地址就是 gateway(subnet)。',
        },
        {
          en: insert('`route add default via <…>`, as the last line'),
          zh: insert('`route add default via <…>`，写在最后一行'),
        },
      ],
    },
  ],
  checks: [
    {
      title: { en: 'the command runs, and what it writes comes out', zh: '命令能运行，它的输出能看到' },
      look: commandRuns(...NONE),
      why: {
        en: 'The child waits at its gate until its parent has made the network. When a line of ip fails, the gate is never opened, and the command never runs.',
        zh: '子进程在闸门前等父进程接好网络。ip 的命令有一行失败，闸门就不会打开，命令也不会运行。',
      },
      see: 'sudo PROGRAM --network none busybox /bin/echo hello',
      section: 'A gate',
      mistake: { lines: LO_ALONE, instead: LO_ALONE.replace('set lo', 'set l0') },
    },
    {
      title: { en: 'with --network host, the network is the machine’s', zh: '用 --network host，网络就是机器的' },
      look: usesHostsNetwork,
      why: {
        en: 'A process without CLONE_NEWNET stays in the network of its parent, and sees all interfaces that are there.',
        zh: '没有 CLONE_NEWNET，进程就留在父进程的网络里，能看到那里的所有接口。',
      },
      see: 'sudo PROGRAM --network host busybox /bin/ip address',
      section: 'Docker does the same',
      mistake: { lines: FLAG, instead: FLAG.replace("(mode === 'host' ? 0 : CLONE_NEWNET)", 'CLONE_NEWNET') },
    },
    {
      title: {
        en: 'with --network none, it reaches itself and has nothing else',
        zh: '用 --network none，容器能连到自己，别的什么也没有',
      },
      look: reachesItselfAlone,
      why: {
        en: 'A new network namespace has lo and nothing else, and lo is switched off. On the machine somebody switched it on at boot.',
        zh: '新的网络命名空间里只有 lo，而且没有启用。机器上的 lo 是开机时有人启用的。',
      },
      see: "sudo PROGRAM --network none busybox /bin/sh -c 'ip address; ping -c 1 127.0.0.1'",
      section: 'To itself',
      gap: 0,
      mistake: { lines: LO_ALONE, instead: '' },
    },
    {
      title: { en: 'on the bridge, eth0 is the end of a cable', zh: '接网桥时，eth0 是一根网线的一端' },
      look: hasCable,
      why: {
        en: 'An interface is in one namespace at a time. A veth pair is two interfaces, and so it leads through the wall: what goes into the one comes out of the other.',
        zh: '一个接口同一时刻只在一个命名空间里。veth pair 是两个接口，所以能穿墙而过：从这一端进去的，从另一端出来。',
      },
      see: 'sudo npx tsx chapters/06-net/init-net.ts\nsudo PROGRAM busybox /bin/ip link',
      section: 'To the host',
      gap: 1,
      mistake: { lines: CABLE, instead: CABLE.replace('eth0', 'veth0') },
    },
    {
      title: { en: 'its other end is plugged into the bridge', zh: '它的另一端插在网桥上' },
      look: isPluggedIn,
      why: {
        en: 'A cable with a loose end leads nowhere. A bridge is a switch, and an interface is plugged in by making the bridge its master.',
        zh: '另一端空着的网线哪儿也不通。网桥就是交换机；把网桥设成接口的 master，接口就插上了。',
      },
      see: 'sudo PROGRAM busybox /bin/sleep 20 &\nsleep 2; ip link show master skdocker0',
      section: 'To each other',
      gap: 2,
      mistake: { lines: PLUG, instead: PLUG.replace(insert(' master <BRIDGE>'), '') },
    },
    {
      title: { en: 'eth0 has an address of the bridge’s range', zh: 'eth0 有网桥那个网段里的地址' },
      look: hasAddressOfSubnet,
      why: {
        en: 'The number after the slash says how large the range is. Whoever has another one there takes some of the neighbours for strangers.',
        zh: '斜杠后面的数说明网段有多大。这个数和别人的不一样，就会把一部分邻居当成外人。',
      },
      see: 'sudo PROGRAM busybox /bin/ip -4 -oneline address show eth0; ip -brief -4 address show skdocker0',
      section: 'To the host',
      gap: 3,
      mistake: { lines: ADDRESS, instead: ADDRESS.replace(insert('<subnet.prefix>'), '24') },
    },
    {
      title: { en: 'the address answers the machine', zh: '从机器上 ping 这个地址，有回答' },
      look: answersTheHost,
      why: {
        en: 'For a packet to arrive, both ends of the cable must be switched on, and an address is needed at either side.',
        zh: '数据包要送到，网线的两端都得启用，两边也都要有地址。',
      },
      see: "sudo PROGRAM busybox /bin/sh -c 'ip -4 -o address show eth0; sleep 20' &\nsleep 2; busybox/bin/busybox ping -c 1 172.16.0.2",
      section: 'To the host',
      gap: 3,
      mistake: { lines: PLUG, instead: PLUG.replace(' up`', '`') },
    },
    {
      title: { en: 'on the bridge, too, it reaches itself', zh: '接了网桥，也能连到自己' },
      look: answersItself,
      why: {
        en: 'Many a program talks to itself by 127.0.0.1. That goes by lo, whatever eth0 can do.',
        zh: '很多程序用 127.0.0.1 和自己通信。这要经过 lo，和 eth0 无关。',
      },
      see: 'sudo PROGRAM busybox /bin/ping -c 1 127.0.0.1',
      section: 'To itself',
      gap: 3,
      mistake: { lines: LO, instead: '' },
    },
    {
      title: { en: 'the default route leads to the bridge', zh: '默认路由通向网桥' },
      look: hasDefaultRoute,
      why: {
        en: 'A route without a gateway means: whoever has this address is on this very cable. On the internet nobody is.',
        zh: '没有网关的路由意思是：有这个地址的人就在这根线上。互联网上的人可都不在。',
      },
      see: 'sudo PROGRAM busybox /bin/ip route',
      section: 'To the host',
      gap: 4,
      mistake: { lines: ROUTE, instead: "    'route add default dev eth0'," },
    },
    {
      title: { en: 'two containers have two addresses and reach each other', zh: '两个容器有两个地址，互相能连到' },
      look: twoReachEachOther,
      why: {
        en: 'The program looks at the cables in the bridge to learn which addresses are taken. A cable without an alias does not tell.',
        zh: '程序看网桥上插着的网线，就知道哪些地址已经有人用。网线没有别名，就看不出来。',
      },
      see: 'sudo PROGRAM busybox /bin/sleep 20 &\nsleep 2; sudo PROGRAM busybox /bin/ip -4 -oneline address show eth0; ip link show master skdocker0',
      section: 'The core',
      gap: 2,
      mistake: { lines: PLUG, instead: PLUG.replace(insert(' alias <address>'), '') },
    },
    {
      title: { en: 'when containers end, nothing is left', zh: '容器结束后，什么也不留下' },
      look: leavesNothing,
      why: {
        en: 'With the last process of a network namespace its interfaces go, and with one end of a cable the other. What was made on the machine itself stays.',
        zh: '网络命名空间的最后一个进程结束，里面的接口就没有了；网线的一端没有了，另一端也跟着消失。在机器上另外做的，会留下来。',
      },
      see: 'sudo PROGRAM busybox /bin/true; sleep 1; ip link show master skdocker0; ip route',
      section: 'Put your machine back',
      mistake: { lines: PLUG, instead: `${PLUG}\n${insert('    `route replace <address> dev <BRIDGE>`,')}` },
    },
    {
      title: { en: 'nor when the program is killed', zh: '程序被杀死也一样' },
      look: leavesNothingWhenKilled,
      why: {
        en: 'SIGKILL leaves the program no time to put anything back. So what it remembers about a container must be in a place that the kernel clears away: on the cable.',
        zh: 'SIGKILL 不给程序善后的时间。所以关于容器要记的东西，得记在内核会清理的地方：网线上。',
      },
      see: 'sudo PROGRAM busybox /bin/sleep 100 &\nsleep 2; sudo pkill -9 -f "busybox /bin/sleep 100"; sleep 1; ip link show master skdocker0',
      section: 'The core',
      mistake: {
        lines: DEVICE,
        instead: insert(`${DEVICE}
  const { rmSync, writeFileSync } = process.getBuiltinModule('node:fs')
  writeFileSync(\`/tmp/lease-<address>\`, device)
  process.on('exit', () => rmSync(\`/tmp/lease-<address>\`))`),
      },
    },
  ],
}

const runs = main.checks[0]!
const checkOf = (look: Look) => main.checks.find(check => check.look === look)!

/** In a range that has room for one container, a second must not get the first one's address. */
const noneGetsATakenAddress: Look = async trial => {
  await withBridge(trial, '--subnet', '10.88.0.0/30')
  const { address } = await addressOf(trial, await trial.container(ONE))
  const second = await trial.container(OTHER).catch(error => {
    if (error instanceof NotSo) return undefined // it was refused
    throw error
  })
  const other = second && (await addressOf(trial, second))
  must(other?.address !== address, {
    en: `the bridge has the range 10.88.0.0/30, with room for one container; there are two, and both have ${address}`,
    zh: `网桥的网段是 10.88.0.0/30，只容得下一个容器；现在有两个，地址都是 ${address}`,
  })
}

const randomAddress: Exercise = {
  kind: 'mend',
  name: 'random-address',
  title: { en: 'Somebody else’s web pages', zh: '别人家的网页' },
  file: 'network.ts',
  runs: 'main.ts',
  task: {
    en: 'For weeks Anna and Ben each had one container with a web server, and all was well. Now they have some twenty each. Every few days one of Anna’s customers sees Ben’s pages, and a minute later hers again. No program has complained. Find out how that can be, and mend it.',
    zh: '好几个星期里，Anna 和 Ben 各有一个跑网页服务器的容器，相安无事。现在他们每人有二十来个。每隔几天，就有 Anna 的客户看到 Ben 的网页，过一分钟又变回她的。没有哪个程序报过错。找出这是怎么回事，把程序改好。',
  },
  gaps: [
    {
      lines: FREE,
      instead: `  const drawn = subnet.network + 2 + Math.floor(Math.random() * (2 ** (32 - subnet.prefix) - 3))
  const address = [24, 16, 8, 0].map(bits => (drawn >>> bits) & 255).join('.')`,
      hints: [
        {
          en: 'With twenty containers, how likely is it that two have the same address? There is an aside about it in the text.',
          zh: '有二十个容器时，其中两个地址相同的可能性有多大？正文里有一段旁注讲过。',
        },
        {
          en: 'Do not draw: look which addresses are taken. The list is there already, and nobody uses it.',
          zh: '不要抽签，要看哪些地址已经有人用。那张表就在程序里，只是没人用它。',
        },
        {
          en: 'lowestFreeAddress(subnet, taken)',
          zh: 'lowestFreeAddress(subnet, taken)',
        },
      ],
    },
  ],
  checks: [
    runs,
    {
      title: { en: 'no container gets an address that another has', zh: '没有容器会得到别的容器正在用的地址' },
      look: noneGetsATakenAddress,
      why: {
        en: 'Nobody complains when two have the same address, ip least of all, because it sees one namespace at a time. When all addresses are taken, it is better to be refused.',
        zh: '两个容器地址相同，不会有谁报错，ip 更不会，因为它一次只看一个命名空间。地址都被占用时，不如直接拒绝。',
      },
      see: 'sudo npx tsx chapters/06-net/init-net.ts --subnet 10.88.0.0/30\nsudo PROGRAM busybox /bin/sleep 20 &\nsleep 2; sudo PROGRAM busybox /bin/ip -4 -oneline address show eth0\nsleep 20; sudo npx tsx chapters/06-net/init-net.ts --down',
      section: 'Aside: an address by chance',
      gap: 0,
      mistake: { lines: FREE, instead: FREE.replace(', taken', '') },
    },
  ],
}

const comesUp: Look = async trial => {
  await onBridge(trial)
}

const routeFirst: Exercise = {
  kind: 'mend',
  name: 'route-first',
  title: { en: 'Four right lines', zh: '四行都对' },
  file: 'network.ts',
  runs: 'main.ts',
  task: {
    en: 'Ben has tidied up: what matters most comes first now. Since then no container of his starts on the bridge, and with --network none they all do. He has typed each line into a running container by hand, again and again, and each one works. Find out what is wrong, and mend it.',
    zh: 'Ben 整理了一下程序：最要紧的写在最前面。从那以后，他的容器接网桥就一个也启动不了，用 --network none 倒是都能启动。他在运行着的容器里把每一行都亲手敲过好几遍，每一行都没问题。找出哪里错了，把程序改好。',
  },
  gaps: [
    {
      lines: [LO, ADDRESS, UP, ROUTE].join('\n'),
      instead: [ROUTE, LO, ADDRESS, UP].join('\n'),
      hints: [
        {
          en: 'Read what ip says, and at which line. What can it not reach, and why not yet?',
          zh: '看看 ip 说了什么，是在哪一行说的。它够不着什么？为什么那时候还够不着？',
        },
        {
          en: 'The gateway is reached by the route for the range, and that comes with the address of an interface that is switched on.',
          zh: '要先有网段的路由才够得着网关，而那条路由是随着已启用接口的地址来的。',
        },
        {
          en: 'The default route comes last.',
          zh: '默认路由放在最后。',
        },
      ],
    },
  ],
  checks: [
    runs,
    {
      title: { en: 'a container on the bridge starts', zh: '接网桥的容器能启动' },
      look: comesUp,
      why: {
        en: 'A route leads via a gateway, and the kernel takes it only if it knows how to reach that gateway. So what makes it reachable has to come before.',
        zh: '路由要经过网关；内核只有知道怎么去网关，才肯收下这条路由。所以让网关够得着的那几步要先做。',
      },
      see: 'sudo npx tsx chapters/06-net/init-net.ts\nsudo PROGRAM busybox /bin/ip route',
      section: 'To the host',
      gap: 0,
      mistake: { lines: UP, instead: '' },
    },
    { ...checkOf(hasDefaultRoute), gap: 0 },
  ],
}

const howFarIsTheHost: Exercise = {
  kind: 'predict',
  name: 'how-many-routers',
  title: { en: 'How many routers?', zh: '经过几个路由器？' },
  command:
    "node --import tsx chapters/06-net/init-net.ts\nPROGRAM busybox /bin/ping -c 1 172.16.0.1 | grep -o 'ttl=[0-9]*'",
  showsOutput: false,
  question: {
    en: 'A container pings the bridge. A packet begins with a ttl of 64, and each router on its way takes one off. What is the ttl of the answer?',
    zh: '容器 ping 网桥。数据包出发时 ttl 是 64，路上每经过一个路由器减一。回答的 ttl 是多少？',
  },
  isRight: (answer, output) => output.trim() === `ttl=${answer.replace(/^ttl\s*=\s*/, '')}`,
  examples: { right: ['64', 'ttl=64', ' TTL = 64 '], wrong: ['63', '62', '0', ''] },
  answer: {
    en: 'There is no router between the two, only a cable and a switch. The address that answers is the host’s own plug in the bridge.',
    zh: '两者之间没有路由器，只有一根网线和一个交换机。回答的地址就是主机自己插在网桥上的那一端。',
  },
  hints: [
    {
      en: 'Compare the answers of 172.30.0.3 and of 203.0.113.80 in the text.',
      zh: '比一比正文里 172.30.0.3 和 203.0.113.80 的回答。',
    },
    { en: 'Is a bridge a router?', zh: '网桥是路由器吗？' },
    { en: 'Nobody takes anything off.', zh: '路上没有谁减过。' },
  ],
  section: 'To each other',
}

const whichMode: Exercise = {
  kind: 'trace',
  name: 'which-mode',
  title: { en: 'Which network?', zh: '哪一种网络？' },
  program: {
    file: 'main.ts',
    changes: [
      {
        lines: 'const network = parseNetwork(options)',
        instead: "parseNetwork(options)\nconst network = 'none'",
      },
    ],
  },
  command: "PROGRAM --trace busybox /bin/true 2>&1 | grep -E 'CLONE_NEW|write|read|chroot|execve'",
  showsOutput: true,
  question: {
    en: 'Ben has changed this program: whatever you say, it takes one mode of --network. Which? Type its name.',
    zh: 'Ben 改过这个程序：不管你怎么说，它总是用 --network 的同一种模式。是哪一种？输入它的名字。',
  },
  isRight: answer => /^(--network[ =])?none$/.test(answer),
  examples: { right: ['none', '--network none', 'None'], wrong: ['host', 'bridge', 'lo', ''] },
  answer: {
    en: 'clone has CLONE_NEWNET, so it is not host. In the new network ip gets one line to do, "link set lo up", and no cable is laid: none.',
    zh: 'clone 带着 CLONE_NEWNET，所以不是 host。在新的网络里，ip 只收到一行“link set lo up”，没有接网线，所以是 none。',
  },
  hints: [
    { en: 'Does the container get a network namespace of its own?', zh: '容器有自己的网络命名空间吗？' },
    {
      en: 'What is written for ip? It is the text between the quotation marks.',
      zh: '写给 ip 的是什么？看引号里的文字。',
    },
    {
      en: 'There is lo and no cable. Which of the three modes has that?',
      zh: '有 lo，没有网线。三种模式里哪一种是这样？',
    },
  ],
  section: 'Docker does the same',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, randomAddress, routeFirst, howFarIsTheHost, whichMode]
