/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { readFileSync } from 'node:fs'
import { type Exercise, type Look, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import { commandRuns, exitCodeArrives, killStarter, quoted, unknownWord } from '#runner/exercises/looks.ts'
import { howItEnded, type Running, type Trial } from '#runner/exercises/trial.ts'
import { mountinfo } from '#runner/probe/mountinfo.ts'
import { namespaces } from '#runner/probe/process-facts.ts'

const RUN = ['run', 'busybox'] as const

/** The same for every check of a trial: it is made for the first. */
const once = <T>(make: (trial: Trial) => Promise<T>): ((trial: Trial) => Promise<T>) => {
  const made = new WeakMap<Trial, Promise<T>>()
  return trial => {
    const found = made.get(trial) ?? make(trial)
    made.set(trial, found)
    return found
  }
}

const bridge = once(trial => trial.beside('06-net/init-net.ts').run([]))

/** A look that finds the bridge of chapter 06 in the lab. */
const onBridge =
  (look: Look): Look =>
  async trial => {
    await bridge(trial)
    await look(trial)
  }

/** What a command of the lab says, outside of any container. */
const ask = async (trial: Trial, line: string, ...args: readonly string[]): Promise<string> =>
  (await trial.onHost(line, args)).stdout.trim()

const first = (trial: Trial): Promise<Running> => trial.container(RUN)
const second = once(trial => trial.freshContainer(RUN))

/** A directory of the overlay on which a container stands; of several below, the lowest. */
const overlayDirectory = (init: number, name: 'lowerdir' | 'upperdir' | 'workdir'): string => {
  const root = mountinfo(init).find(({ mountPoint, type }) => mountPoint === '/' && type === 'overlay')
  const option = root?.superOptions.find(each => each.startsWith(`${name}=`)) ?? ''
  const directory =
    option
      .slice(name.length + 1)
      .split(':')
      .at(-1) ?? ''
  must(directory !== '', {
    en: `/proc/${init}/mountinfo has no overlay with ${name} at /`,
    zh: `/proc/${init}/mountinfo 里，/ 上没有带 ${name} 的 overlay`,
  })
  return directory
}

const inodeOf = (trial: Trial, path: string): Promise<string> => ask(trial, 'stat -L -c %d:%i "$1"', path)

const twoKeepApart: Look = async trial => {
  const said = unknownWord()
  const [one, other] = await Promise.all([first(trial), second(trial)])
  await one.ask(`echo ${said} >/tmp/note`)
  const [own, others] = [await one.ask('cat /tmp/note'), await other.ask('cat /tmp/note 2>/dev/null || echo none')]
  must(own.trim() === said && others.trim() === 'none', {
    en: `the first container wrote ${said} into /tmp/note; it reads ${quoted(own.trim())} there, and the second ${quoted(others.trim())}`,
    zh: `第一个容器往 /tmp/note 里写了 ${said}；它自己读到 ${quoted(own.trim())}，第二个容器读到 ${quoted(others.trim())}`,
  })
}

const layerIsShared: Look = async trial => {
  const inits = [(await first(trial)).init, (await second(trial)).init] as const
  const [layer, otherLayer] = inits.map(init => overlayDirectory(init, 'lowerdir')) as [string, string]
  const [upper, otherUpper] = inits.map(init => overlayDirectory(init, 'upperdir')) as [string, string]
  const [inode, otherInode] = [await inodeOf(trial, layer), await inodeOf(trial, otherLayer)]
  must(inode !== '' && inode === otherInode && upper !== otherUpper, {
    en: `lowerdir of the two is ${layer} (${inode}) and ${otherLayer} (${otherInode}), upperdir is ${upper} and ${otherUpper}`,
    zh: `两个容器的 lowerdir 是 ${layer}（${inode}）和 ${otherLayer}（${otherInode}），upperdir 是 ${upper} 和 ${otherUpper}`,
  })
}

const writesGoToUpper: Look = async trial => {
  const said = unknownWord()
  const one = await first(trial)
  const upper = overlayDirectory(one.init, 'upperdir')
  await one.ask(`echo ${said} >/tmp/letter`)
  const found = await ask(trial, 'cat "$1/tmp/letter"', upper)
  must(found === said, {
    en: `the container wrote ${said} into /tmp/letter; outside, ${upper}/tmp/letter has ${quoted(found)}`,
    zh: `容器往 /tmp/letter 里写了 ${said}；在外面，${upper}/tmp/letter 的内容是 ${quoted(found)}`,
  })
}

const LIST = 'cd "$1" && { find . -type f -exec sha256sum {} +; find . -printf "%p %y %m %U %G %l\\n"; } | sort'

const imageStays: Look = async trial => {
  const layer = await ask(trial, 'readlink -f "$1"', overlayDirectory((await first(trial)).init, 'lowerdir'))
  const before = await ask(trial, LIST, layer)
  await trial.run([
    ...RUN,
    '/bin/sh',
    '-c',
    'echo more >>/etc/passwd; rm /bin/vi; mkdir /new; chmod 600 /etc/group',
  ])
  const after = await ask(trial, LIST, layer)
  const lines = before.split('\n')
  const changed = after.split('\n').filter(line => !lines.includes(line))
  must(before === after && before !== '', {
    en: `a container changed files, and now ${layer} is another: ${changed.slice(0, 3).join('; ') || 'something is gone'}`,
    zh: `一个容器改了文件，${layer} 也跟着变了：${changed.slice(0, 3).join('；') || '少了东西'}`,
  })
}

type States = ReadonlyMap<string, string>

const latest = new WeakMap<Trial, States>()

/** The containers that ps lists, with what it says of them. */
const listed = async (trial: Trial): Promise<States> => {
  const { stdout } = await trial.run(['ps'])
  const lines = [...stdout.matchAll(/^(\S+)\s.*?\b(running|ended)\b.*$/gm)]
  const states = new Map(lines.map(([, name = '', state = '']) => [name, state]))
  latest.set(trial, states)
  return states
}

const said = (all: States): string => [...all].map(([name, state]) => `${name} ${state}`).join(', ') || '–'

type Listed = { readonly name: string; readonly state: string | undefined }

/** The container that an act makes: the line that ps has more. */
const newContainer = async <T>(trial: Trial, act: () => Promise<T>): Promise<Listed & { readonly made: T }> => {
  // From the first list on, every container is made here: the list before is still true.
  const before = latest.get(trial) ?? (await listed(trial))
  const made = await act()
  const after = await listed(trial)
  const [name, ...more] = [...after.keys()].filter(name => !before.has(name))
  must(name !== undefined && more.length === 0, {
    en: `one more container was made; ps had "${said(before)}" before, and has "${said(after)}" now`,
    zh: `多建了一个容器；ps 之前是“${said(before)}”，现在是“${said(after)}”`,
  })
  return { name, state: after.get(name), made }
}

const stateOf = async (trial: Trial, name: string): Promise<Listed> => ({
  name,
  state: (await listed(trial)).get(name),
})

/** @param why what has happened to it */
const mustBe = ({ name, state }: Listed, expected: 'running' | 'ended', why: { en: string; zh: string }): void =>
  must(state === expected, {
    en: `${why.en}; of ${name}, ps says ${quoted(state ?? '')}`,
    zh: `${why.zh}；关于 ${name}，ps 说的是 ${quoted(state ?? '')}`,
  })

const HAS_ENDED = { en: 'its command has ended', zh: '它的命令已经结束' }

const psListsTheEnded: Look = async trial =>
  mustBe(await newContainer(trial, () => trial.run([...RUN, '/bin/true'])), 'ended', HAS_ENDED)

const psTellsRunning: Look = async trial => {
  const { name, state, made } = await newContainer(trial, () => trial.freshContainer(RUN))
  mustBe({ name, state }, 'running', { en: 'its shell waits for input', zh: '它的 shell 正在等输入' })
  await made.exit()
  mustBe(await stateOf(trial, name), 'ended', HAS_ENDED)
}

const killedIsEnded: Look = async trial => {
  const sleeps = { command: ['/bin/sleep', '1000'] }
  const { name, made } = await newContainer(trial, () => trial.freshContainer(RUN, sleeps))
  const ppid = await killStarter(made.init)
  mustBe(await stateOf(trial, name), 'ended', {
    en: `the program that had started it, process ${ppid}, was killed with SIGKILL`,
    zh: `启动它的程序（进程 ${ppid}）被 SIGKILL 杀死了`,
  })
}

const endedKeepsItsFiles: Look = async trial => {
  const letter = unknownWord()
  const change = `echo ${letter} >/note; rm /bin/vi`
  const { name } = await newContainer(trial, () => trial.run([...RUN, '/bin/sh', '-c', change]))
  const look = 'cat /note; [ -e /bin/vi ] && echo vi is back'
  const ended = await trial.run(['exec', name, '/bin/sh', '-c', look])
  const { en, zh } = howItEnded(ended)
  must(ended.stdout === `${letter}\n`, {
    en: `a container did ${quoted(change)} and ended; "exec" with ${quoted(look)} in it wrote ${quoted(ended.stdout)}, and ${en}`,
    zh: `一个容器执行了 ${quoted(change)} 就结束了；再用 exec 在里面执行 ${quoted(look)}，输出是 ${quoted(ended.stdout)}，${zh}`,
  })
}

const ENTERED = ['pid', 'mnt', 'uts', 'net', 'ipc'] as const

/** The first process of a container, and that of a command which exec has started in it. */
const entered = once(async (trial: Trial): Promise<{ init: number; guest: number }> => {
  const { name, made } = await newContainer(trial, () => trial.freshContainer(RUN))
  const { init: guest } = await trial.container(['exec', name])
  return { init: made.init, guest }
})

const execEnters: Look = async trial => {
  const { init, guest } = await entered(trial)
  const [own, its] = [namespaces(init), namespaces(guest)]
  const apart = ENTERED.filter(type => own[type] !== its[type])
  must(apart.length === 0, {
    en: `the container is process ${init}, the entered command ${guest}; these links in /proc/PID/ns differ: ${apart.join(', ')}`,
    zh: `容器是进程 ${init}，进入的命令是进程 ${guest}；/proc/PID/ns 里不同的链接有：${apart.join('、')}`,
  })
}

const cgroupOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().replaceAll('\n', ' ')

const execJoinsItsCgroup: Look = async trial => {
  const { init, guest } = await entered(trial)
  const [own, its] = [cgroupOf(init), cgroupOf(guest)]
  must(own === its, {
    en: `/proc/${init}/cgroup of the container is ${own}, and /proc/${guest}/cgroup of the entered command ${its}`,
    zh: `容器的 /proc/${init}/cgroup 是 ${own}，进入的命令的 /proc/${guest}/cgroup 是 ${its}`,
  })
}

const strangersAreErrors: Look = async trial => {
  for (const args of [
    ['exec', 'no-such-container', '/bin/true'],
    ['run', 'no-such-image', '/bin/true'],
  ]) {
    const ended = await trial.run(args)
    const { en, zh } = howItEnded(ended)
    must(ended.code !== 0 && !ended.timedOut && ended.stderr !== '', {
      en: `"${args.join(' ')}" names what is not there; stderr was ${quoted(ended.stderr)}, and ${en}`,
      zh: `“${args.join(' ')}”里的名字并不存在；标准错误是 ${quoted(ended.stderr)}，${zh}`,
    })
  }
}

/** On a machine whose mounts are shared, as systemd makes them, none of a container's is seen outside. */
const mountsNothingOutside: Look = async trial => {
  const overlays = (): string[] =>
    mountinfo(trial.host).flatMap(({ type, mountPoint }) => (type === 'overlay' ? mountPoint : []))
  const before = overlays()
  await trial.onHost('mount --make-rshared /')
  try {
    const { exit } = await trial.freshContainer(RUN)
    const during = overlays()
    await exit()
    const after = overlays()
    must(during.length === before.length && after.length === before.length, {
      en: `the machine's mountinfo had ${before.length} overlays before, ${during.length} while the container ran, and ${after.length} afterwards`,
      zh: `机器的 mountinfo 里，之前有 ${before.length} 个 overlay，容器运行时有 ${during.length} 个，之后有 ${after.length} 个`,
    })
  } finally {
    await trial.onHost('mount --make-rprivate /')
  }
}

const INIT_OF = 'const initOf = (id: string): number | undefined => initAmong(processesOf(findCgroup(id)))'
const ENTER = `    enterOverlay(\`\${CONTAINERS}/\${id}\`),`
const NAME = `  const id = \`\${image}-\${randomBytes(4).toString('hex')}\``
const CREATE = `  createOverlay(\`\${CONTAINERS}/\${id}\`, await findLayer(image))`
const GO_BACK = '  if (init === undefined) return start(id, command, network, limits)'
const GO_IN = '  return enterContainer(init, command, { join: joinCgroup(findCgroup(id)) })'
const PS = `  for (const id of listContainers()) print(\`\${id}   \${initOf(id) ? 'running' : 'ended'}\`)`

const [WHO_RUNS, ROOT, OWN_NAME, BACK, IN, LISTED] = [0, 1, 2, 3, 4, 5]

const gaps: ProgramExercise['gaps'] = [
  {
    lines: INIT_OF,
    instead: 'const initOf = (_id: string): number | undefined => undefined',
    comment: {
      en: 'it returns the first process of the container as long as that runs. It asks the kernel, for a file could be out of date.',
      zh: '容器还在运行，就返回它的第一个进程。要问内核，因为文件里写的可能已经过时。',
    },
    hints: [
      {
        en: 'Each container has a cgroup with its name. Who is in there, runs.',
        zh: '每个容器都有一个以它的名字命名的 cgroup。谁在里面，谁就在运行。',
      },
      {
        en: 'findCgroup(id) finds the group, processesOf(group) lists its processes, and initAmong(pids) picks the one that is process 1.',
        zh: 'findCgroup(id) 找到 cgroup，processesOf(cgroup) 列出其中的进程，initAmong(pids) 挑出 1 号进程。',
      },
      {
        en: 'Put the three into one another: initAmong(processesOf(…))',
        zh: '把三个函数套在一起：initAmong(processesOf(…))',
      },
    ],
  },
  {
    lines: ENTER,
    instead: `    chroot(\`\${home()}/\${CONTAINERS}/\${id}/merged\`), // where there is nothing yet`,
    comment: {
      en: 'the root of the child is the layer of the image, with the container’s own directory on top.',
      zh: '子进程的根目录：下面是镜像的层，上面是容器自己的目录。',
    },
    hints: [
      {
        en: 'A directory merged shows something only once an overlay is mounted on it: lower below, upper on top.',
        zh: '只有挂上 overlay，merged 目录里才看得到东西：下面是 lower，上面是 upper。',
      },
      {
        en: 'overlay.ts has steps that do both: mount the overlay, and make it the root. They take the path of the container below home().',
        zh: 'overlay.ts 里有一组步骤，既挂载 overlay，又把它变成根目录。参数是容器在 home() 之下的路径。',
      },
      {
        en: 'enterOverlay(`${CONTAINERS}/…`), in the place of the chroot',
        zh: '把 chroot 那一行换成 enterOverlay(`${CONTAINERS}/…`)',
      },
    ],
  },
  {
    lines: NAME,
    instead: '  const id = image',
    comment: {
      en: 'each container has a name of its own, also if a hundred of one image are started at once.',
      zh: '每个容器都有自己的名字，哪怕同时启动同一个镜像的一百个容器。',
    },
    hints: [
      {
        en: 'createOverlay makes a directory of this name, and refuses one that is there. A second container of the image needs another.',
        zh: 'createOverlay 用这个名字建目录，已经有了就拒绝。同一个镜像的第二个容器需要另一个名字。',
      },
      {
        en: 'The text has busybox-6fc239eb. The end of it is chance: randomBytes of node:crypto.',
        zh: '正文里的名字是 busybox-6fc239eb。后面一段是随机的：node:crypto 的 randomBytes。',
      },
      {
        en: "randomBytes(4).toString('hex'), behind the image’s name and a -",
        zh: "镜像名，加一个 -，再加 randomBytes(4).toString('hex')",
      },
    ],
  },
  {
    lines: GO_BACK,
    instead: "  if (init === undefined) throw new ProgramError('exec cannot go back into a container yet')",
    comment: {
      en: 'in a container that has ended, the command runs as a new first process, in the files that are left.',
      zh: '容器已经结束，命令就作为新的第一个进程运行，用的是留下来的文件。',
    },
    hints: [
      {
        en: 'What is left of an ended container is its directory, and upper in it has all changes. What would run do with such a directory?',
        zh: '容器结束后留下的是它的目录，所有改动都在里面的 upper 里。有了这样一个目录，run 接下来会做什么？',
      },
      {
        en: 'start() takes a container that has a directory already, whether that is new or old.',
        zh: 'start() 需要的只是一个已经有目录的容器，新旧都可以。',
      },
      {
        en: 'return start(id, command, …) in the place of the error',
        zh: '把抛出错误换成 return start(id, command, …)',
      },
    ],
  },
  {
    lines: GO_IN,
    instead: "  throw new ProgramError('exec cannot enter a container yet')",
    comment: {
      en: 'in a container that runs, the command is in the namespaces and in the cgroup of its first process.',
      zh: '容器还在运行，命令就进入它第一个进程的命名空间和 cgroup。',
    },
    hints: [
      {
        en: 'Chapter 04 had a program for this, setns.ts. Here it is a function among the imports above.',
        zh: '第 04 章有一个做这件事的程序 setns.ts。在这里它是上面 import 进来的一个函数。',
      },
      {
        en: 'enterContainer(init, command, { join }) does it. join is the steps by which the command moves into the group, as in start().',
        zh: '用 enterContainer(init, command, { join })。join 是让命令进入 cgroup 的步骤，和 start() 里的一样。',
      },
      {
        en: 'return enterContainer(init, command, { join: joinCgroup(findCgroup(…)) })',
        zh: 'return enterContainer(init, command, { join: joinCgroup(findCgroup(…)) })',
      },
    ],
  },
  {
    lines: PS,
    comment: {
      en: 'each container has been printed on a line of its own: its name, blanks, and “running” or “ended”.',
      zh: '每个容器都打印成一行：名字，空格，然后是 running 或 ended。',
    },
    hints: [
      {
        en: 'Two functions above know all: one which containers there are, one which of them run.',
        zh: '上面有两个函数知道一切：一个知道有哪些容器，一个知道哪些在运行。',
      },
      {
        en: 'Go through listContainers(), and print(…) the name and, by initOf, its state.',
        zh: '遍历 listContainers()，用 print(…) 打印名字，再根据 initOf 打印状态。',
      },
      {
        en: "initOf(id) ? 'running' : 'ended' is the second half of the line.",
        zh: "一行的后半段是 initOf(id) ? 'running' : 'ended'。",
      },
    ],
  },
  {
    lines: "import { dieWithParent, exec, mount } from '#native/steps.ts'",
    instead: "import { chroot, dieWithParent, exec, mount } from '#native/steps.ts'",
    hints: [
      { en: 'The overlay needs no chroot.', zh: '有了 overlay，就不需要 chroot。' },
      { en: 'enterOverlay changes the root itself.', zh: 'enterOverlay 自己会换根目录。' },
      { en: 'chroot can go from the imports.', zh: 'chroot 可以从 import 里删掉。' },
    ],
  },
]

const runs = {
  title: { en: 'run starts a command of the image', zh: 'run 启动镜像里的命令' },
  look: onBridge(commandRuns(...RUN)),
  why: {
    en: 'An image is a directory that nobody writes into. The container sees it through an overlay, and the child must make that its root before exec.',
    zh: '镜像是一个谁也不往里写的目录。容器透过 overlay 看到它；子进程要先把 overlay 变成自己的根目录，再 exec。',
  },
  see: 'sudo npx tsx chapters/06-net/init-net.ts     # once\nsudo PROGRAM run busybox /bin/echo hello',
  section: 'The core',
  mistake: { lines: '    exec(command),', instead: "    exec(['/bin/true'])," },
} as const

const apart = {
  title: {
    en: 'two containers of one image do not see each other’s files',
    zh: '同一个镜像的两个容器，看不到对方的文件',
  },
  look: onBridge(twoKeepApart),
  why: {
    en: 'Shared below, private on top: what a container writes goes into a directory that has the container’s name, and no two may have the same.',
    zh: '下面共用，上面各自一份：容器写的东西进入以它命名的目录，而任何两个容器都不能同名。',
  },
  see: "sudo PROGRAM run busybox /bin/sh -c 'echo mine >/tmp/note'\nsudo PROGRAM run busybox /bin/cat /tmp/note",
  section: 'One note, two writers',
  mistake: { lines: NAME, instead: '  const id = image' },
} as const

const stays = {
  title: { en: 'the image stays as it is, byte for byte', zh: '镜像一个字节也不变' },
  look: onBridge(imageStays),
  why: {
    en: 'The layer is every container’s, and of those still to come. Whatever one of them changes or deletes has to end up elsewhere: as a copy, or as a whiteout.',
    zh: '这一层属于所有容器，也属于以后的容器。谁改了、删了什么，都要落在别处：一个副本，或者一个 whiteout。',
  },
  see: "sudo PROGRAM run busybox /bin/sh -c 'rm /bin/vi'\nsudo ls -l images/.layers/*/bin/vi",
  section: 'Four changes',
} as const

const checks: ProgramExercise['checks'] = [
  { ...runs, gap: ROOT },
  { ...apart, gap: OWN_NAME },
  {
    title: { en: 'its exit code becomes the program’s', zh: '命令的退出码就是程序的退出码' },
    look: onBridge(exitCodeArrives(...RUN)),
    why: {
      en: 'run waits for the command, as every program since chapter 02 does, and ends with the same number.',
      zh: 'run 等命令结束，从第 02 章起每个程序都这样，再用同一个数结束自己。',
    },
    see: "sudo PROGRAM run busybox /bin/sh -c 'exit 42'; echo $?",
    section: 'The whole program',
    mistake: {
      lines: "if (action === 'run') process.exitCode = await run()",
      instead: "if (action === 'run') await run()",
    },
  },
  {
    title: { en: 'both stand on one layer, which was unpacked once', zh: '两个容器站在同一层上，它只解开过一次' },
    look: onBridge(layerIsShared),
    why: {
      en: 'A copy for each costs the time and the space of a whole image. An overlay takes the same lowerdir for all, and an upperdir for each.',
      zh: '给每个容器复制一份，要花掉整个镜像的时间和空间。overlay 让大家用同一个 lowerdir，各用各的 upperdir。',
    },
    see: "sudo PROGRAM run busybox /bin/sh -c 'grep overlay /proc/self/mountinfo'",
    section: 'Two directories as one',
    gap: ROOT,
    mistake: {
      lines: CREATE,
      instead: `  const own = \`containers/layer-of-\${id}\`
  const layer = join(home(), await findLayer(image))
  process.getBuiltinModule('node:fs').cpSync(layer, join(home(), own), { recursive: true, verbatimSymlinks: true })
  createOverlay(\`\${CONTAINERS}/\${id}\`, own)`,
    },
  },
  {
    title: { en: 'what a container writes is in its upper directory', zh: '容器写的东西在它的 upper 目录里' },
    look: onBridge(writesGoToUpper),
    why: {
      en: 'Only what lies in upper is there when somebody comes back. A filesystem that is mounted on top is gone with the container.',
      zh: '以后再回来时，只有 upper 里的东西还在。盖在上面的另一个文件系统，会随容器一起消失。',
    },
    see: "sudo PROGRAM run busybox /bin/sh -c 'echo mine >/tmp/note'\nsudo find containers -name note",
    section: 'Four changes',
    mistake: {
      lines: '    mountDevices(), // an image has none',
      instead: "    mountDevices(), // an image has none\n    mount('tmpfs', '/tmp', 'tmpfs'),",
    },
  },
  {
    ...stays,
    mistake: {
      lines: '    const code = await exitCode(pid)',
      instead: `    const code = await exitCode(pid)
    const from = \`\${home()}/\${CONTAINERS}/\${id}\`
    process.getBuiltinModule('node:child_process').spawnSync('cp', ['-a', \`\${from}/upper/.\`, \`\${from}/lower/\`])`,
    },
  },
  {
    title: { en: 'ps lists every container, also one that has ended', zh: 'ps 列出所有容器，结束了的也列' },
    look: onBridge(psListsTheEnded),
    why: {
      en: 'An ended container is a directory with a name. Its files wait for somebody, so it belongs in the list.',
      zh: '结束了的容器是一个有名字的目录。它的文件还在等人回来，所以它也该在列表里。',
    },
    see: 'sudo PROGRAM run busybox /bin/true; sudo PROGRAM ps',
    section: 'A copy for each',
    gap: LISTED,
    mistake: { lines: PS, instead: PS.replace(' print(', ' if (initOf(id)) print(') },
  },
  {
    title: { en: 'ps tells which of them run', zh: 'ps 说得出哪些在运行' },
    look: onBridge(psTellsRunning),
    why: {
      en: 'A container runs as long as a process is in its cgroup. The kernel keeps that list, and it is never out of date.',
      zh: '只要 cgroup 里还有进程，容器就在运行。这份名单由内核维护，永远不会过时。',
    },
    see: 'sudo PROGRAM run busybox /bin/sleep 8 & sleep 4; sudo PROGRAM ps; sleep 8; sudo PROGRAM ps',
    section: 'The whole program',
    gap: WHO_RUNS,
    mistake: { lines: INIT_OF, instead: 'const initOf = (_id: string): number | undefined => undefined' },
  },
  {
    title: { en: 'and says “ended” also if the program was killed', zh: '程序被杀死了，ps 也说 ended' },
    look: onBridge(killedIsEnded),
    why: {
      en: 'SIGKILL leaves no time to write anything down. The command ends because it asked for that beforehand, and ps looks at what is so now.',
      zh: 'SIGKILL 不留时间去记录什么。命令会结束，是因为事先约好了；ps 看的是此刻的情况。',
    },
    see: 'sudo PROGRAM run busybox /bin/sleep 1000 &\nsleep 4; sudo pkill -9 -f "busybox /bin/sleep 1000"; sleep 1; sudo PROGRAM ps',
    section: 'The whole program',
    mistake: { lines: '    dieWithParent(),', instead: '' },
  },
  {
    title: {
      en: 'exec goes back into one that has ended: what it deleted stays deleted',
      zh: 'exec 能回到结束了的容器：删掉的文件还是没有',
    },
    look: onBridge(endedKeepsItsFiles),
    why: {
      en: 'upper has the new files, and a whiteout for each that was deleted. Mount the same overlay again, and the container is as it was left.',
      zh: 'upper 里有新文件，每个删掉的文件还有一个 whiteout。把同样的 overlay 再挂一次，容器就是离开时的样子。',
    },
    see: "sudo PROGRAM run busybox /bin/sh -c 'echo mine >/note; rm /bin/vi'\nsudo PROGRAM ps\nsudo PROGRAM exec NAME /bin/sh -c 'cat /note; ls /bin/vi'",
    section: 'The note again',
    gap: BACK,
    mistake: {
      lines: GO_BACK,
      instead: '  if (init === undefined) throw new ProgramError(`container ${id} is not running`)',
    },
  },
  {
    title: { en: 'exec enters the namespaces of one that runs', zh: 'exec 进入运行中容器的命名空间' },
    look: onBridge(execEnters),
    why: {
      en: 'A second first process would be a second container in the same files. The command has to go where the first one is: setns(2) for all five, the pid namespace before it is born.',
      zh: '再来一个第一进程，就成了同一批文件上的第二个容器。命令要到第一个进程那里去：五个命名空间都用 setns(2)，其中 pid 命名空间要在它出生之前。',
    },
    see: 'sudo PROGRAM run busybox /bin/sleep 100 & sleep 4; sudo PROGRAM ps\nsudo PROGRAM exec NAME /bin/ps',
    section: 'From the second terminal',
    gap: IN,
    mistake: { lines: GO_IN, instead: '  return start(id, command, network, limits)' },
  },
  {
    title: { en: 'and its cgroup', zh: '也进入它的 cgroup' },
    look: onBridge(execJoinsItsCgroup),
    why: {
      en: 'setns(2) does not move anybody into a cgroup. Outside of it, the command would be under none of the container’s limits.',
      zh: 'setns(2) 不会把谁移进 cgroup。在 cgroup 之外，容器的限制对这个命令一条也不起作用。',
    },
    see: 'sudo PROGRAM exec NAME /bin/cat /proc/self/cgroup     # NAME is one that runs',
    section: 'The whole program',
    gap: IN,
    mistake: { lines: GO_IN, instead: '  return enterContainer(init, command, {})' },
  },
  {
    title: { en: 'a name that is not there is an error', zh: '名字不存在就是错误' },
    look: onBridge(strangersAreErrors),
    why: {
      en: 'Whoever mistypes a name wants to hear of it. Nothing may be made or run in its place.',
      zh: '打错名字的人希望有人告诉他。不能换别的东西来建、来运行。',
    },
    see: 'sudo PROGRAM exec no-such-container /bin/true; echo $?',
    section: 'The whole program',
    mistake: {
      lines: '    throw new ProgramError(`no container ${JSON.stringify(id)}: "main.ts ps" shows those there are`)',
      instead: '    return 0',
    },
  },
  {
    title: {
      en: 'nothing is mounted outside, neither while it runs nor after',
      zh: '运行时和结束后，外面都没有多出挂载',
    },
    look: onBridge(mountsNothingOutside),
    why: {
      en: 'The child mounts the overlay, in its own mount namespace, once that is private. Then the mount ends with the child, and there is nothing to forget.',
      zh: 'overlay 由子进程在自己的挂载命名空间里挂载，而且先把它变成私有的。这样挂载随子进程一起消失，没有什么会被忘记。',
    },
    see: 'grep upperdir=containers /proc/self/mountinfo',
    section: 'Who takes it away?',
    mistake: { lines: "    mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),", instead: '' },
  },
]

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'Containers with names', zh: '有名字的容器' },
  file: 'main.ts',
  sample: ['run', '--network', 'none', 'busybox', '/bin/true'],
  task: {
    en: 'run makes a container of an image and starts a command in it, exec runs another in one that there is, and ps lists them. All containers of an image stand on the same layer. Unpacking it, making a container’s directories and entering one that runs are there; the three commands are not whole yet.',
    zh: 'run 用镜像建一个容器，在里面启动命令；exec 在已有的容器里再运行一个命令；ps 列出容器。同一个镜像的容器都站在同一层上。解开镜像、建容器的目录、进入运行中的容器，这些都有了；三个命令本身还不完整。',
  },
  gaps,
  checks,
}

const DIRECTORIES =
  "  const directories = [`lowerdir=${lower.join(':')}`, `upperdir=${container}/upper`, `workdir=${container}/work`]"
const MAKE = "  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(directory, name))"
const WHERE = "export const CONTAINERS = 'containers/07-unionfs'"

const copyUpGoesOn: Look = async trial => {
  const one = await first(trial)
  const other = await second(trial) // afterwards: it is the first that has lost its work directory
  const line = 'echo more >>/etc/group && rm /bin/vi && mkdir /etc/new && echo done'
  const seen = (await one.ask(`{ ${line}; } 2>&1`)).trim()
  const work = [one, other].map(({ init }) => overlayDirectory(init, 'workdir'))
  must(seen === 'done', {
    en: `two containers run; in the first, ${quoted(line)} says ${quoted(seen)}. Their mountinfo has workdir=${work.join(' and workdir=')}`,
    zh: `两个容器在运行；在第一个里执行 ${quoted(line)}，得到 ${quoted(seen)}。它们的 mountinfo 里是 workdir=${work.join(' 和 workdir=')}`,
  })
}

const oneWorkDirectory: Exercise = {
  kind: 'mend',
  name: 'one-work-directory',
  title: { en: 'The container that lost its pen', zh: '突然写不了字的容器' },
  file: 'overlay.ts',
  runs: 'main.ts',
  sample: main.sample!,
  task: {
    en: 'Anna works in a container, all is well. Then Ben starts one of the same image, and from that moment on Anna can change no file of the image any more and delete none, while files that she has made herself are as obedient as ever. Ben has no trouble at all. Find out what the two share that they must not, and mend it.',
    zh: 'Anna 在一个容器里干活，一切正常。后来 Ben 启动了同一个镜像的容器，从那一刻起，镜像里的文件 Anna 一个也改不了、删不掉，她自己新建的文件却照样听话。Ben 那边毫无问题。找出两个人共用了什么不该共用的东西，把它改好。',
  },
  gaps: [
    {
      lines: DIRECTORIES,
      instead: DIRECTORIES.replace('`workdir=${container}/work`', '`workdir=${WORK}`'),
      hints: [
        {
          en: 'Compare the lines with overlay in /proc/PID/mountinfo of the two. Which of the four directories do they have in common?',
          zh: '比较两个容器的 /proc/PID/mountinfo 里带 overlay 的那一行。四个目录里，哪些是两边共有的？',
        },
        {
          en: 'lowerdir may be common, for it is only read. Question 4 at the end of the chapter tells what the kernel does with workdir at each mount.',
          zh: 'lowerdir 可以共用，因为它只读。每次挂载时内核会怎样处理 workdir，这一章末尾的问题 4 说了。',
        },
        {
          en: 'workdir=${container}/work, and createOverlay must make that directory: upper, work, merged',
          zh: 'workdir=${container}/work，而且 createOverlay 要建这个目录：upper、work、merged',
        },
      ],
    },
    {
      lines: WHERE,
      instead: `${WHERE}\nconst WORK = 'containers/.overlay-work' // for the kernel's own use`,
      hints: [
        { en: 'Who else uses this directory?', zh: '还有谁在用这个目录？' },
        { en: 'All containers do.', zh: '所有容器都在用。' },
        { en: 'It can go.', zh: '它可以删掉。' },
      ],
    },
    {
      lines: MAKE,
      instead: `  for (const name of ['upper', 'merged']) mkdirSync(join(directory, name))
  mkdirSync(join(home(), WORK), { recursive: true })`,
      hints: [
        { en: 'Each container needs three directories.', zh: '每个容器需要三个目录。' },
        { en: 'The third is work.', zh: '第三个是 work。' },
        {
          en: "for (const name of ['upper', 'work', 'merged'])",
          zh: "for (const name of ['upper', 'work', 'merged'])",
        },
      ],
    },
  ],
  checks: [
    { ...runs, mistake: { lines: MAKE, instead: MAKE.replace("'work', ", '') } },
    {
      title: {
        en: 'a container still changes files of the image after another has started',
        zh: '另一个容器启动之后，这个容器还能改镜像里的文件',
      },
      look: onBridge(copyUpGoesOn),
      why: {
        en: 'A file that is copied up, and a whiteout, are first prepared in workdir. At each mount the kernel clears workdir and makes what is in it anew, so that an earlier mount has no place any more to prepare anything.',
        zh: '复制上来的文件和 whiteout，都先在 workdir 里准备。每次挂载，内核都会清空 workdir，重建里面的东西，于是先挂载的那个就再也没有地方准备任何东西。',
      },
      see: 'grep -o "workdir=[^ ]*" /proc/PID/mountinfo     # PID: the first process of each container',
      section: 'Questions to think about',
      gap: 0,
      mistake: {
        lines: DIRECTORIES,
        instead: `  mkdirSync(join(home(), 'containers/work'), { recursive: true })
${DIRECTORIES.replace('`workdir=${container}/work`', "'workdir=containers/work'")}`,
      },
    },
    {
      ...apart,
      mistake: {
        lines: DIRECTORIES,
        instead: `  mkdirSync(join(home(), 'containers/upper'), { recursive: true })
${DIRECTORIES.replace('`upperdir=${container}/upper`', "'upperdir=containers/upper'")}`,
      },
    },
  ],
}

const SWAPPED =
  "  const directories = [`lowerdir=${container}/upper`, `upperdir=${lower.join(':')}`, `workdir=${container}/work`]"

const newOnesAreClean: Look = async trial => {
  await trial.run([...RUN, '/bin/sh', '-c', 'echo by Ben >/note; rm /bin/vi'])
  const { stdout } = await trial.run([...RUN, '/bin/sh', '-c', 'cat /note; ls /bin/vi'])
  must(stdout === '/bin/vi\n', {
    en: `a container wrote /note and deleted /bin/vi; in a new one, "cat /note; ls /bin/vi" writes ${quoted(stdout)}`,
    zh: `一个容器写了 /note，删了 /bin/vi；在新容器里，“cat /note; ls /bin/vi”输出 ${quoted(stdout)}`,
  })
}

const intoTheImage: Exercise = {
  kind: 'mend',
  name: 'into-the-image',
  title: { en: 'The editor that is gone for everybody', zh: '谁都没有了的编辑器' },
  file: 'overlay.ts',
  runs: 'main.ts',
  sample: main.sample!,
  task: {
    en: 'Ben left a note in his container, and deleted vi, which he does not like. Since then every new container of the image has his note, Anna’s too, and none has vi. In Ben’s own directory, upper is empty. No container says that anything is wrong. Find out where the changes go, and mend it.',
    zh: 'Ben 在自己的容器里留了一张字条，又删掉了他不喜欢的 vi。从那以后，这个镜像的每个新容器里都有他的字条，Anna 的也有，vi 却都没有了。而在 Ben 自己的目录里，upper 是空的。没有哪个容器报过错。找出改动都去了哪里，把它改好。',
  },
  gaps: [
    {
      lines: DIRECTORIES,
      instead: SWAPPED,
      hints: [
        {
          en: 'Where is the note? sudo find images containers -name note',
          zh: '字条在哪里？sudo find images containers -name note',
        },
        {
          en: 'It is in the layer, so overlayfs was told to write there. Of the four directories, which one takes everything that is written?',
          zh: '它在镜像的层里，可见 overlayfs 被告知往那里写。四个目录里，写的东西都进哪一个？',
        },
        {
          en: 'The two are the wrong way round: lowerdir are the layers, upperdir is ${container}/upper.',
          zh: '两个写反了：lowerdir 是那些层，upperdir 是 ${container}/upper。',
        },
      ],
    },
  ],
  checks: [
    { ...runs, mistake: { lines: MAKE, instead: MAKE.replace("'work', ", '') } },
    {
      title: { en: 'a new container is as the image was made', zh: '新容器和镜像做好时一样' },
      look: onBridge(newOnesAreClean),
      why: {
        en: 'Everything that is written goes into upperdir. If that is the layer of the image, it is in every container at once, and for good.',
        zh: '写的东西都进 upperdir。如果 upperdir 就是镜像的层，它立刻就会出现在所有容器里，而且再也去不掉。',
      },
      see: "sudo PROGRAM run busybox /bin/sh -c 'echo by Ben >/note'\nsudo PROGRAM run busybox /bin/cat /note",
      section: 'Two directories as one',
      gap: 0,
      mistake: { lines: DIRECTORIES, instead: SWAPPED },
    },
    {
      ...stays,
      mistake: {
        lines: '  mountOverlay([`${container}/lower`], container),',
        instead:
          '  mountOverlay([`${container}/lower`], container),\n  mount(`${container}/lower/etc`, `${container}/merged/etc`, null, 0x1000),',
      },
    },
  ],
}

const wholeFile: Exercise = {
  kind: 'predict',
  name: 'one-line-more',
  title: { en: 'One line more', zh: '多了一行' },
  command: `PROGRAM run --network none busybox /bin/sh -c 'echo guests:x:100: >>/etc/group'
wc -l <containers/07-unionfs/$(ls -t containers/07-unionfs | head -n 1)/upper/etc/group`,
  showsOutput: false,
  question: {
    en: 'In the image, /etc/group has five lines. A container appends one. How many lines has the file in the container’s upper directory? Type the number.',
    zh: '镜像里的 /etc/group 有五行。容器在后面加了一行。容器的 upper 目录里，这个文件有几行？输入数字。',
  },
  isRight: (answer, output) => answer === output.trim().split('\n').at(-1),
  examples: { right: ['6', ' 6 '], wrong: ['1', '5', ''] },
  answer: {
    en: 'Before the first byte is written, the whole file is copied up; then the copy is changed. So upper has no differences in it, but files. Of a file of 10 GB it would have had to copy 10 GB.',
    zh: '写第一个字节之前，整个文件就被复制上来，改的是副本。所以 upper 里存的不是差异，而是完整的文件。如果文件有 10 GB，就得先复制 10 GB。',
  },
  hints: [
    { en: 'What is in upper: the line, or the file?', zh: 'upper 里的是那一行，还是那个文件？' },
    {
      en: 'The section “Four changes” appended a line to lower.txt. What did upper have then?',
      zh: '“四种改动”那一节在 lower.txt 后面加了一行。那时 upper 里有什么？',
    },
    { en: 'The kernel copies all five lines first.', zh: '内核会先把五行全部复制上来。' },
  ],
  section: 'Four changes',
}

const tooEarly: Exercise = {
  kind: 'trace',
  name: 'too-early',
  title: { en: 'Mounted too early', zh: '挂载得太早' },
  program: {
    file: 'main.ts',
    changes: [
      { lines: "    mount('proc', '/proc', 'proc'),", instead: '' },
      { lines: ENTER, instead: `    mount('proc', '/proc', 'proc'),\n${ENTER}` },
    ],
  },
  command:
    "PROGRAM --trace run --network none busybox /bin/ps 2>&1 | grep -e 'none.*PRIVATE' -e '\"proc\"' -e '\"overlay\"' -e pivot -e 'umount2(\"\\.' -e /bin/ps",
  showsOutput: true,
  question: {
    en: 'All these calls have succeeded, and yet ps finds no process, not even itself. Which filesystem was mounted at the wrong time? Type its name.',
    zh: '这些调用全都成功了，可是 ps 一个进程也找不到，连它自己也没有。哪个文件系统挂载的时机不对？输入它的名字。',
  },
  isRight: answer => /^\/?proc(fs)?$/.test(answer),
  examples: { right: ['proc', '/proc'], wrong: ['overlay', 'tmpfs', ''] },
  answer: {
    en: 'proc was mounted on the /proc of the old root. Then pivot_root put another root in its place, and umount2 took the old one away, with all that was mounted in it. The new /proc is an empty directory of the image.',
    zh: 'proc 挂在了旧根目录的 /proc 上。后来 pivot_root 换了根目录，umount2 又把旧的连同挂在里面的一切都拿走了。新的 /proc 只是镜像里的一个空目录。',
  },
  hints: [
    { en: 'Where does ps get its list from?', zh: 'ps 的列表是从哪里来的？' },
    {
      en: 'To which root does each path belong, at the moment of its mount?',
      zh: '每次挂载的那一刻，路径属于哪个根目录？',
    },
    {
      en: 'Look at what comes before pivot_root, and is not the new root itself.',
      zh: '看 pivot_root 之前的那些挂载，除去新的根目录本身。',
    },
  ],
  section: 'The core',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, oneWorkDirectory, intoTheImage, wholeFile, tooEarly]
