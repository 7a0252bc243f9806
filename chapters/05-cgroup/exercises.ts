/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Exercise, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import { commandRuns, killStarter } from '#runner/exercises/looks.ts'
import { eventually, howItEnded, type Running, type Trial } from '#runner/exercises/trial.ts'
import { mountinfo } from '#runner/probe/mountinfo.ts'
import { descendants } from '#runner/probe/processes.ts'
import { readIfThere } from '#runner/probe/read-if-there.ts'
import { scale } from '#runner/scale.ts'

const CONTROLLERS = ['cpu', 'memory', 'pids'] as const
type Controller = (typeof CONTROLLERS)[number]

type Hierarchy = { readonly version: 1 | 2; readonly root: string; readonly mountPoint: string }

const trimmed = (path: string): string | undefined => readIfThere(path)?.trim()

/** The hierarchy of the lab that carries a controller: that of v2 if it does, else one of v1. */
const hierarchyOf = ({ host }: Trial, controller: Controller): Hierarchy => {
  const root = `/proc/${host}/root`
  const mounts = mountinfo(host)
  const carries = (mountPoint: string): boolean =>
    (trimmed(join(root, mountPoint, 'cgroup.controllers')) ?? '').split(' ').includes(controller)
  const v2 = mounts.find(({ type, mountPoint }) => type === 'cgroup2' && carries(mountPoint))
  const mount =
    v2 ?? mounts.find(({ type, superOptions }) => type === 'cgroup' && superOptions.includes(controller))
  if (mount === undefined) throw new Error(`no hierarchy of the lab carries ${controller}`)
  return { version: v2 ? 2 : 1, root, mountPoint: mount.mountPoint }
}

/** The groups in skdocker/, by their paths in the lab. A name that begins with + is a note, and no container's. */
const groupsIn = (trial: Trial, controller: Controller): string[] => {
  const { root, mountPoint } = hierarchyOf(trial, controller)
  const parent = join(mountPoint, 'skdocker')
  try {
    const entries = readdirSync(join(root, parent), { withFileTypes: true })
    return entries
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('+'))
      .map(({ name }) => join(parent, name))
  } catch {
    return []
  }
}

/** The path, in the lab, of the group in skdocker/ that a process is in; out of what /proc/PID/cgroup says. */
const groupAmong = (trial: Trial, procCgroup: string, controller: Controller): string | undefined => {
  const { version, mountPoint } = hierarchyOf(trial, controller)
  const line = procCgroup
    .split('\n')
    .map(text => text.split(':'))
    .find(([, names = '']) => (version === 1 ? names.split(',').includes(controller) : names === ''))
  const [group] = /\/skdocker\/[^/]+$/.exec(line?.slice(2).join(':') ?? '') ?? []
  return group && join(mountPoint, group)
}

const groupOf = (trial: Trial, init: number, controller: Controller): string | undefined =>
  groupAmong(trial, trimmed(`/proc/${init}/cgroup`) ?? '', controller)

/** What a file of a group says, by its name in v1 and in v2. */
const groupFile = (trial: Trial, controller: Controller, group: string, v1: string, v2: string) => {
  const { version, root } = hierarchyOf(trial, controller)
  const path = join(group, version === 1 ? v1 : v2)
  return { path, text: trimmed(join(root, path)) }
}

const LIMITED = ['--cpus', '0.1', '--memory', '64m', '--pids', '20', 'busybox']
const limited = (trial: Trial): Promise<Running> => trial.container(LIMITED)

const hasGroup = async (trial: Trial): Promise<void> => {
  await limited(trial)
  for (const controller of CONTROLLERS) {
    const { mountPoint } = hierarchyOf(trial, controller)
    must(groupsIn(trial, controller).length > 0, {
      en: `a container runs with --cpus, --memory and --pids, and there is no directory ${mountPoint}/skdocker/NAME for the controller ${controller}`,
      zh: `一个带 --cpus、--memory 和 --pids 的容器在运行，可是控制器 ${controller} 那里没有 ${mountPoint}/skdocker/NAME 这样的目录`,
    })
  }
}

const limitsAreWritten = async (trial: Trial): Promise<void> => {
  await limited(trial)
  const files = [
    ['cpu', 'cpu.cfs_quota_us', 'cpu.max'],
    ['memory', 'memory.limit_in_bytes', 'memory.max'],
    ['pids', 'pids.max', 'pids.max'],
  ] as const
  for (const [controller, v1, v2] of files) {
    const group = groupsIn(trial, controller)[0] ?? ''
    const { path, text = '' } = groupFile(trial, controller, group, v1, v2)
    // Without a limit of its own, a group of v1 says -1 for the CPU, and some 2^63 for memory.
    const isLimited = /^\d/.test(text) && Number.parseInt(text, 10) < 2 ** 60
    must(isLimited, {
      en: `${path} says ${JSON.stringify(text)}: that is no limit`,
      zh: `${path} 里是 ${JSON.stringify(text)}，这等于没有限制`,
    })
  }
}

const isInGroup = async (trial: Trial): Promise<void> => {
  const { init } = await limited(trial)
  for (const controller of CONTROLLERS) {
    const group = await eventually(() => groupOf(trial, init, controller), 2000 * scale)
    must(group !== undefined, {
      en: `/proc/${init}/cgroup of the command has no group of skdocker/ for the controller ${controller}`,
      zh: `命令的 /proc/${init}/cgroup 里，控制器 ${controller} 那一行没有 skdocker/ 里的组`,
    })
  }
}

const twoHaveTwoGroups = async (trial: Trial): Promise<void> => {
  const other = ['--pids', '30', ...LIMITED.slice(0, 4), 'busybox'] // another command line is another container
  const [one, two] = [await limited(trial), await trial.container(other)]
  const groups = [one, two].map(({ init }) => groupOf(trial, init, 'cpu'))
  await two.exit()
  must(groups[0] !== undefined && groups[0] !== groups[1], {
    en: `two containers run at once, and both are in ${groups[0] ?? 'no group'}`,
    zh: `两个容器同时运行，而且都在 ${groups[0] ?? '同一处，不在任何组'} 里`,
  })
}

// A parent that moves its child late may win the race, every other time if it is quick. At once they are in each other's way.
const RACES = 6

/** The command looks at its own group before it does anything else. */
const isBornInGroup = async (trial: Trial): Promise<void> => {
  const race = () => trial.run([...LIMITED, '/bin/cat', '/proc/self/cgroup'])
  for (const { stdout } of await Promise.all(Array.from({ length: RACES }, race)))
    for (const controller of CONTROLLERS)
      must(groupAmong(trial, stdout.trim(), controller) !== undefined, {
        en: `"/bin/cat /proc/self/cgroup" was the command, and for the controller ${controller} it did not find itself in a group of skdocker/`,
        zh: `命令是“/bin/cat /proc/self/cgroup”，可是它发现控制器 ${controller} 那一行里，自己不在 skdocker/ 的组里`,
      })
}

/** CPU time that a process has had, in seconds. Source: Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat */
const cpuTime = (pid: number): number => Number((readIfThere(`/proc/${pid}/schedstat`) ?? '0').split(' ')[0]) / 1e9

const shareIsLimited = async (trial: Trial): Promise<void> => {
  const { init, ask } = await limited(trial)
  await ask('for n in 1 2 3 4; do sh -c "while :; do :; done" & done')
  const loops = descendants(init).map(({ pid }) => pid)
  const time = (): number => loops.reduce((sum, pid) => sum + cpuTime(pid), 0)
  const [used, start] = [time(), performance.now()]
  await sleep(1500)
  const share = Math.round((100 * 1000 * (time() - used)) / (performance.now() - start))
  await ask('kill $(jobs -p); wait 2>/dev/null')
  // A busy machine gives less than the limit, and the kernel counts in tenths of a second.
  must(share > 0 && share <= 17, {
    en: `four loops in a container with --cpus 0.1 were to get 10 % of a CPU together; they got ${share} %`,
    zh: `--cpus 0.1 的容器里有四个死循环，合起来应当得到一个 CPU 的 10 %，实际得到 ${share} %`,
  })
}

const forksAreLimited = async (trial: Trial): Promise<void> => {
  const { init, ask } = await limited(trial)
  await ask('(for n in $(seq 40); do sleep 600 & done) 2>/dev/null; true')
  const count = descendants(init).length + 1
  await ask('kill -9 $(pidof sleep); wait 2>/dev/null')
  must(count > 1 && count <= 20, {
    en: `in a container with --pids 20 a shell started 40 processes; ${count} were there at once, the shell among them`,
    zh: `在 --pids 20 的容器里，shell 去启动 40 个进程；连它自己在内，同时有 ${count} 个`,
  })
}

const memoryIsLimited = async (trial: Trial): Promise<void> => {
  const dd = ['--memory', '64m', 'busybox', '/bin/dd', 'if=/dev/zero', 'of=/dev/null', 'count=1']
  const [fits, isTooMuch] = [await trial.run([...dd, 'bs=32M']), await trial.run([...dd, 'bs=128M'])]
  const [small, large] = [howItEnded(fits), howItEnded(isTooMuch)]
  must(fits.code === 0 && isTooMuch.code === 137, {
    en: `with --memory 64m, dd with a buffer of 32 MiB: ${small.en}; with 128 MiB: ${large.en}, and it was to be 137`,
    zh: `用 --memory 64m，dd 的缓冲区是 32 MiB 时，${small.zh}；是 128 MiB 时，${large.zh}，应当是 137`,
  })
}

const allGroups = (trial: Trial): string[] => [
  ...new Set(CONTROLLERS.flatMap(controller => groupsIn(trial, controller))),
]

const groupIsRemoved = async (trial: Trial): Promise<void> => {
  const { init, exit } = await trial.container(['--pids', '40', 'busybox'])
  const groups = CONTROLLERS.flatMap(controller => groupOf(trial, init, controller) ?? [])
  await exit()
  const left = allGroups(trial).filter(group => groups.includes(group))
  must(groups.length > 0 && left.length === 0, {
    en: `the container has ended, and ${left.join(', ') || 'it had no group'} is still there`,
    zh: `容器已经结束，${left.length > 0 ? `${left.join('、')} 还在` : '而它没有过组'}`,
  })
}

const nextRunSweeps = async (trial: Trial): Promise<void> => {
  const { init, exit } = await trial.container(['--pids', '50', 'busybox'])
  const groups = CONTROLLERS.flatMap(controller => groupOf(trial, init, controller) ?? [])
  const ppid = await killStarter(init)
  await exit()
  await trial.run(['busybox', '/bin/true'])
  const left = allGroups(trial).filter(group => groups.includes(group))
  must(groups.length > 0 && left.length === 0, {
    en: `the program, process ${ppid}, was killed with SIGKILL; it has run again since, and ${left.join(', ') || 'nothing'} is still there`,
    zh: `程序（进程 ${ppid}）被 SIGKILL 杀死；之后它又运行了一次，${left.join('、') || '什么也没有'} 还在`,
  })
}

const MAKE = '      await makeInParentGroup(group, () => mkdir(group.path))'
const SET = '      for (const { file, value } of settingsFor(group)) write(`${group.path}/${file}`, value)'
const JOIN =
  "  cgroup.map(({ path }) => writeInChild(open(`${path}/cgroup.procs`), '0')) // 0 is the process that writes it"
const REMOVE = '    killProcessesUntil(group.path, () => rmdir(group.path))'
const EACH = '    for (const group of groupsFor(name, limits)) {'
// A path that is put together wrongly: the group is not in skdocker/, but beside it.
const BESIDE = "group => ({ ...group, path: group.path.replace('skdocker/', 'skdocker-') })"

/** A slip in the unit of one limit: ten times as much. */
const tenfold = (limit: 'cpus' | 'memory' | 'pids') => ({
  lines: SET,
  instead: SET.replace(
    'settingsFor(group)',
    `settingsFor({ ...group, limits: { ...group.limits, ...(group.limits.${limit} && { ${limit}: 10 * group.limits.${limit} }) } })`,
  ),
})

// The parent moves the child into the group some time after it has started it.
const joinedByParent = {
  lines: JOIN,
  instead: `  cgroup.flatMap(({ path }) => {
    const children = \`/proc/self/task/\${process.pid}/children\`
    const child = () => process.getBuiltinModule('node:fs').readFileSync(children, 'utf8').trim().split(' ').at(-1)
    setTimeout(() => write(\`\${path}/cgroup.procs\`, child() ?? '', 'ESRCH'), 150).unref()
    return []
  })`,
}

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'A group for each container', zh: '每个容器一个组' },
  file: 'cgroup.ts',
  runs: 'main.ts',
  task: {
    en: 'main.ts is the container of chapter 04, and takes --cpus, --memory and --pids. Nothing keeps these limits yet. Here you make the group that does: it is made, gets its limits, is joined by the child, and is removed in the end.',
    zh: 'main.ts 是第 04 章的容器，能接受 --cpus、--memory 和 --pids，但这些限制还没有谁来执行。在这里把负责执行的组做出来：建立它，写进限制，让子进程加入，最后删除。',
  },
  gaps: [
    {
      lines: MAKE,
      comment: {
        en: 'the directory of the group is there, and skdocker/ above it.',
        zh: '组的目录已经建好，它上面的 skdocker/ 也在。',
      },
      hints: [
        {
          en: 'By hand you made a group with one command. It made a directory.',
          zh: '你亲手建组时只用了一条命令，它建的是一个目录。',
        },
        {
          en: 'mkdir(path) is imported, and group.path is the path. But skdocker/ may not be there yet: makeInParentGroup(group, make) sees to that, and then calls make.',
          zh: 'mkdir(路径) 已经导入，路径就是 group.path。不过 skdocker/ 可能还没有：makeInParentGroup(group, make) 会先准备好它，再调用 make。',
        },
        {
          en: 'await makeInParentGroup(group, () => mkdir(…))',
          zh: 'await makeInParentGroup(group, () => mkdir(…))',
        },
      ],
    },
    {
      lines: SET,
      comment: {
        en: 'the files of the group say how much it may have.',
        zh: '组里的文件写明了它能用多少。',
      },
      hints: [
        {
          en: 'By hand you wrote a number into a file of the group. Which numbers go into which files, settingsFor(group) knows.',
          zh: '亲手做的时候，你往组里的文件写了一个数。哪个数写进哪个文件，settingsFor(group) 知道。',
        },
        {
          en: 'It returns a list of { file, value }. write(path, value) writes each, and the path begins with group.path.',
          zh: '它返回一串 { file, value }。用 write(路径, 值) 逐个写，路径以 group.path 开头。',
        },
        {
          en: 'for (const { file, value } of settingsFor(group)) write(…, value)',
          zh: 'for (const { file, value } of settingsFor(group)) write(…, value)',
        },
      ],
    },
    {
      lines: JOIN,
      instead: '  []',
      comment: {
        en: 'a child that makes these steps is in the group, in each tree where it has a directory. There are none yet.',
        zh: '子进程走完这些步骤，就在组里了，每棵树里都是。现在还一个步骤也没有。',
      },
      hints: [
        {
          en: 'Think of the line in parentheses with dd: who wrote what into which file, and when?',
          zh: '想想括号里的那行 dd：是谁、在什么时候、往哪个文件里写了什么？',
        },
        {
          en: 'The child writes 0 into cgroup.procs. The parent opens that file beforehand, by open(path); writeInChild(fd, text) is the step.',
          zh: '子进程往 cgroup.procs 里写 0。文件由父进程事先用 open(路径) 打开，writeInChild(描述符, 文本) 就是那个步骤。',
        },
        {
          en: 'cgroup.map(({ path }) => writeInChild(open(`${path}/…`), …))',
          zh: 'cgroup.map(({ path }) => writeInChild(open(`${path}/…`), …))',
        },
      ],
    },
    {
      lines: REMOVE,
      comment: {
        en: 'no process is in the group any more, and its directory is gone.',
        zh: '组里不再有进程，它的目录也没有了。',
      },
      hints: [
        {
          en: 'A group is a directory, and goes as one. By hand it was rmdir, and once rmdir refused. Why?',
          zh: '组就是目录，删除也和目录一样。亲手做的时候用的是 rmdir，有一次它不肯删。为什么？',
        },
        {
          en: 'A process was still in it. killProcessesUntil(path, isRemoved) kills what is there, again and again, until isRemoved() says true; rmdir(path) says whether the directory is gone.',
          zh: '因为里面还有进程。killProcessesUntil(路径, isRemoved) 反复杀掉里面的进程，直到 isRemoved() 返回 true；rmdir(路径) 返回目录是否已经没有了。',
        },
        {
          en: 'killProcessesUntil(group.path, () => rmdir(…))',
          zh: 'killProcessesUntil(group.path, () => rmdir(…))',
        },
      ],
    },
  ],
  checks: [
    {
      title: { en: 'the command runs, and what it writes comes out', zh: '命令能运行，它的输出能看到' },
      look: commandRuns('busybox'),
      why: {
        en: 'The child makes its steps one after the other, and a step that fails ends it. So a child that its group does not take never becomes the command.',
        zh: '子进程一步一步做，哪一步失败，它就到此为止。所以组不收这个子进程，它就不会变成那个命令。',
      },
      see: 'sudo PROGRAM busybox /bin/echo hello',
      section: 'The whole program',
      mistake: { lines: JOIN, instead: JOIN.replace("'0'", "'self'") },
    },
    {
      title: { en: 'a group is there while the container runs', zh: '容器运行时，有它的组' },
      look: hasGroup,
      why: {
        en: 'A group is a directory below /sys/fs/cgroup. mkdir makes it, and the kernel fills it with files. In v1 each controller has a tree of its own, and so the group needs a directory in each.',
        zh: '组就是 /sys/fs/cgroup 里某棵树上的一个目录。mkdir 建好它，内核往里面放文件。v1 里每个控制器有自己的树，所以组在每棵树里都要有一个目录。',
      },
      see: 'sudo PROGRAM --cpus 0.1 --memory 64m --pids 20 busybox /bin/sh\nfind /sys/fs/cgroup -path "*/skdocker/*" -type d      # in another window',
      section: 'A directory is a group',
      gap: 0,
      mistake: { lines: EACH, instead: EACH.replace('limits)', `limits).map(${BESIDE})`) },
    },
    {
      title: { en: 'the group’s files hold the limits', zh: '组的文件里写着限制' },
      look: limitsAreWritten,
      why: {
        en: 'A new group has no limits: it says max, or -1. A limit is a number that somebody has written into one of its files.',
        zh: '新建的组没有限制：里面写的是 max 或 -1。有人往它的文件里写了数，才有限制。',
      },
      see: 'sudo PROGRAM --cpus 0.1 --memory 64m --pids 20 busybox /bin/sh\ngrep . /sys/fs/cgroup/pids/skdocker/*/pids.max      # in another window; v2: /sys/fs/cgroup/skdocker/*/*.max',
      section: 'Two versions',
      gap: 1,
      mistake: { lines: SET, instead: '' },
    },
    {
      title: { en: 'the command is in the group', zh: '命令在组里' },
      look: isInGroup,
      why: {
        en: 'A group limits the processes in it and no others. A process joins when its number is written into cgroup.procs; 0 stands for whoever writes it.',
        zh: '组只限制里面的进程。把进程号写进 cgroup.procs，这个进程就加入了；写 0 就是写的人自己。',
      },
      see: 'sudo PROGRAM --cpus 0.1 --memory 64m --pids 20 busybox /bin/cat /proc/self/cgroup',
      section: 'One pointer, many counters',
      gap: 2,
      mistake: { lines: JOIN, instead: '  cgroup.slice(0, 0).map(() => [])' },
    },
    {
      title: { en: 'two containers have two groups', zh: '两个容器有两个组' },
      look: twoHaveTwoGroups,
      why: {
        en: 'What is in one group shares one limit. Two containers with one name would share it, too, so the program names the group after its own pid.',
        zh: '同一个组里的进程共用一个限制。两个容器用同一个名字，也就共用了，所以程序用自己的进程号给组取名。',
      },
      see: 'sudo PROGRAM busybox /bin/sh\nsudo PROGRAM busybox /bin/grep skdocker /proc/self/cgroup      # in another window',
      section: 'The core',
      gap: 0,
      mistake: { lines: EACH, instead: EACH.replace('name', "'container'") },
    },
    {
      title: { en: 'not one instruction of the command runs outside', zh: '命令的每一条指令都在组里运行' },
      look: isBornInGroup,
      why: {
        en: 'A process that is moved later leaves behind what it has started and taken before. So the child has to join by itself, before it becomes the command.',
        zh: '进程晚些时候才被移进去，之前启动的进程和占用的内存就留在了外面。所以子进程得在变成命令之前自己加入。',
      },
      see: 'sudo PROGRAM --cpus 0.1 --memory 64m --pids 20 busybox /bin/cat /proc/self/cgroup',
      section: 'Too late',
      gap: 2,
      mistake: joinedByParent,
    },
    {
      title: { en: 'four loops get the CPU time of one limit', zh: '四个死循环合起来只得到限额内的 CPU 时间' },
      look: shareIsLimited,
      why: {
        en: 'The quota says how long all processes of the group together may run in each period. When it is used up, all of them wait for the next.',
        zh: '配额是组里所有进程在每个周期里一共能运行的时间。用完了，大家都等下一个周期。',
      },
      see: 'sudo PROGRAM --cpus 0.1 busybox /bin/sh -c "while :; do :; done" & top',
      section: 'Ben gets a tenth',
      gap: 1,
      mistake: tenfold('cpus'),
    },
    {
      title: { en: 'there are never more processes than --pids says', zh: '进程从不超过 --pids 的数目' },
      look: forksAreLimited,
      why: {
        en: 'The controller pids counts the processes of a group, and refuses the fork that would be one too many. A fork bomb ends there.',
        zh: '控制器 pids 数着组里的进程，再多一个就拒绝 fork。fork 炸弹到此为止。',
      },
      see: "sudo PROGRAM --pids 20 busybox /bin/sh -c 'for n in $(seq 40); do sleep 1 & done'",
      section: 'A bomb',
      gap: 1,
      mistake: tenfold('pids'),
    },
    {
      title: { en: 'whoever takes too much memory is killed: 137', zh: '内存用得太多就被杀死：137' },
      look: memoryIsLimited,
      why: {
        en: 'A process that needs a page cannot wait for it. When the group has none left, the kernel sends SIGKILL: 128 + 9.',
        zh: '进程需要内存页时没法等。组里一页也不剩，内核就发 SIGKILL：128 + 9。',
      },
      see: 'sudo PROGRAM --memory 64m busybox /bin/dd if=/dev/zero of=/dev/null bs=128M count=1; echo $?',
      section: 'Out of memory',
      gap: 1,
      mistake: tenfold('memory'),
    },
    {
      title: { en: 'the group is gone with the container', zh: '容器结束，组也没有了' },
      look: groupIsRemoved,
      why: {
        en: 'A group does not end with its last process, as a namespace does. It is a directory, and whoever made it has to remove it.',
        zh: '组不像命名空间，不会随最后一个进程一起消失。它是目录，谁建的谁删。',
      },
      see: 'sudo PROGRAM busybox /bin/true; find /sys/fs/cgroup -name skdocker',
      section: 'Put your machine back',
      gap: 3,
      mistake: { lines: REMOVE, instead: '' },
    },
    {
      title: {
        en: 'a bonus: what a killed program leaves, the next run removes',
        zh: '附加题：程序被杀死留下的组，下一次运行会清除',
      },
      look: nextRunSweeps,
      why: {
        en: 'SIGKILL leaves the program no time to remove anything. So each run looks first for groups that have no process and no owner. It takes only those that are named by a pid for its own.',
        zh: 'SIGKILL 不给程序善后的时间。所以每次运行都先找没有进程、也没有主人的组。以进程号为名的，它才当作自己的。',
      },
      see: 'sudo PROGRAM busybox /bin/sleep 100 &\nsudo pkill -9 -f "busybox /bin/sleep 100"; sleep 1; find /sys/fs/cgroup -path "*/skdocker/*" -type d\nsudo PROGRAM busybox /bin/true; find /sys/fs/cgroup -path "*/skdocker/*" -type d',
      section: 'Put your machine back',
      gap: 0,
      mistake: { lines: EACH, instead: EACH.replace('name', '`container-${name}`') },
    },
  ],
}

const runs = main.checks[0]!
const checkOf = (look: (trial: Trial) => Promise<void>) => main.checks.find(check => check.look === look)!

const STEP = '  joinCgroup(cgroup), // not one instruction of the command runs without limits'
const CLONE = '  const pid = clone(child, flags | linux.SIGCHLD)'
const IMPORT = "import { sweepCgroups } from '#parts/cgroup/parent-group.ts'"

const joinedLate: Exercise = {
  kind: 'mend',
  name: 'joined-late',
  title: { en: 'A bomb that goes off too early', zh: '炸得太早的炸弹' },
  file: 'main.ts',
  task: {
    en: 'Ben has written this program, and Anna trusts it. In a container with --pids 20 she typed a fork bomb, and it came to nothing. The next day Ben gave the same bomb on the command line, with --pids 20 again, and the whole machine stood still. Find out what the second bomb had and the first had not, and mend it. (Use no bomb to find out: "/bin/cat /proc/self/cgroup" tells enough.)',
    zh: '这个程序是 Ben 写的，Anna 也信得过它。她在 --pids 20 的容器里敲了一个 fork 炸弹，什么事也没有。第二天，Ben 把同一个炸弹写在命令行上，还是 --pids 20，整台机器却卡死了。找出第二个炸弹比第一个多了什么，把程序改好。（查的时候别用炸弹：“/bin/cat /proc/self/cgroup”就够了。）',
  },
  gaps: [
    {
      lines: STEP,
      hints: [
        {
          en: 'Anna’s bomb went off minutes after the container began, Ben’s in its first millisecond.',
          zh: 'Anna 的炸弹在容器启动几分钟之后才炸，Ben 的在头一毫秒就炸了。',
        },
        {
          en: 'The parent writes the child’s pid into the group when the command runs already. Let the child join, as one of its steps.',
          zh: '命令已经在运行了，父进程才把子进程的进程号写进组里。让子进程自己加入，把它作为步骤之一。',
        },
        {
          en: 'joinCgroup(cgroup), right after dieWithParent(); what the parent does after clone is not needed any more.',
          zh: 'joinCgroup(cgroup)，紧跟在 dieWithParent() 之后；父进程在 clone 之后做的事就不需要了。',
        },
      ],
    },
    {
      lines: CLONE,
      instead: [
        CLONE,
        '  await setTimeout(100) // by then the child has become the command',
        "  for (const { path } of cgroup) write(`${path}/cgroup.procs`, String(pid), 'ESRCH')",
      ].join('\n'),
      hints: [
        { en: 'When does this happen, seen from the command?', zh: '从命令的角度看，这件事发生在什么时候？' },
        {
          en: 'A tenth of a second late is enough. And any other delay is, too.',
          zh: '晚十分之一秒就够出事了，晚多少都一样。',
        },
        { en: 'It can go: the child joins by itself.', zh: '这里可以删掉：子进程自己会加入。' },
      ],
    },
    {
      lines: IMPORT,
      instead: `${IMPORT}\nimport { write } from '#parts/cgroup/cgroupfs.ts'\nimport { setTimeout } from 'node:timers/promises'`,
      hints: [
        { en: 'These are used by what comes too late.', zh: '用到它们的，正是来得太晚的那几行。' },
        { en: 'You may leave them where they are.', zh: '留着也无妨。' },
        { en: 'Nothing is wrong here.', zh: '这里没有错。' },
      ],
    },
  ],
  checks: [
    { ...runs, mistake: { lines: '  exec(command),', instead: "  exec(['/bin/true'])," } },
    { ...checkOf(isBornInGroup), gap: 0, mistake: { lines: STEP, instead: '' } },
  ],
}

const neverRemoved: Exercise = {
  kind: 'mend',
  name: 'never-removed',
  title: { en: 'A directory that stays overnight', zh: '在机器上过夜的目录' },
  file: 'cgroup.ts',
  runs: 'main.ts',
  task: {
    en: 'Ben’s containers keep their limits, and end as they should. Yet when he has gone home, Anna finds skdocker/ in /sys/fs/cgroup, and in it one group with nobody inside. However many containers he has run, it is never more than one, and each morning its name is another. Find out why it is there, and mend it.',
    zh: 'Ben 的容器守着自己的限制，也都正常结束。可是他回家以后，Anna 总能在 /sys/fs/cgroup 里找到 skdocker/，里面有一个空无一人的组。不管他运行过多少个容器，都只剩一个，而且每天早上名字都不一样。找出它为什么在那里，把程序改好。',
  },
  gaps: [
    {
      lines: REMOVE,
      instead: '    killProcessesUntil(group.path, () => true)',
      hints: [
        {
          en: 'There is only one because each run sweeps away what was left by the one before. So nobody removes a group when its own container ends.',
          zh: '只剩一个，是因为每次运行都会清掉上一次留下的。也就是说，容器自己结束的时候，没有谁删除它的组。',
        },
        {
          en: 'Look at removeCgroup with --trace: which call do you miss?',
          zh: '用 --trace 看 removeCgroup 做了什么：少了哪个调用？',
        },
        {
          en: 'killProcessesUntil(group.path, () => rmdir(group.path)): the function has to remove the directory, not only say so.',
          zh: 'killProcessesUntil(group.path, () => rmdir(group.path))：这个函数要真的删掉目录，不能只是嘴上说。',
        },
      ],
    },
  ],
  checks: [
    { ...runs, mistake: { lines: JOIN, instead: JOIN.replace("'0'", "'self'") } },
    { ...checkOf(groupIsRemoved), gap: 0 },
  ],
}

const howManySleep: Exercise = {
  kind: 'predict',
  name: 'how-many-sleep',
  title: { en: 'How many sleep?', zh: '有几个在睡？' },
  command:
    'PROGRAM --pids 5 busybox /bin/sh -c \'n=0; trap "echo \\$n" EXIT; while :; do sleep 9 & n=$((n+1)); done\' 2>/dev/null',
  showsOutput: false,
  question: {
    en: 'With --pids 5, a shell starts one sleep after another, and counts. When the kernel refuses, it prints the count and ends. Which number does it print?',
    zh: '在 --pids 5 的容器里，shell 一个接一个地启动 sleep，并且计数。内核拒绝的时候，它打印这个数，然后结束。打印的是几？',
  },
  isRight: (answer, output) => answer === output.trim(),
  examples: { right: ['4', ' 4 '], wrong: ['5', '6', '0', ''] },
  answer: {
    en: 'The limit is for all processes of the container together, and the shell is one of them. That leaves four.',
    zh: '限制的是容器里所有进程的总数，shell 自己也是其中一个，所以只剩四个。',
  },
  hints: [
    { en: 'Which processes does a group count?', zh: '组数的是哪些进程？' },
    { en: 'The shell is in the group itself.', zh: 'shell 自己也在组里。' },
    { en: 'Five, less one for the shell.', zh: '五个，减去 shell 自己。' },
  ],
  section: 'A bomb',
}

const whichFile: Exercise = {
  kind: 'trace',
  name: 'which-file',
  title: { en: 'Limits that nobody keeps', zh: '没人遵守的限制' },
  program: { file: 'main.ts', changes: [{ lines: STEP }] },
  command: 'PROGRAM --trace --cpus 0.1 busybox /bin/true 2>&1 | grep -E \'cgroup/|"0"\'',
  showsOutput: true,
  question: {
    en: 'Anna’s group is made and has its limit, but her loop gets a whole CPU. Into which file of the group did nobody write? Type its name.',
    zh: 'Anna 的组建好了，限制也写进去了，可是她的死循环占满了一个 CPU。组里的哪个文件没有人写过？输入文件名。',
  },
  isRight: answer => /^(\S*\/)?cgroup\.procs$/.test(answer),
  examples: {
    right: ['cgroup.procs', '/sys/fs/cgroup/cpu/skdocker/4577/cgroup.procs'],
    wrong: ['cpu.max', 'cpu.cfs_quota_us', 'procs', 'cgroup.subtree_control', ''],
  },
  answer: {
    en: 'The group is there, with a limit, and it is empty. Nobody opened its cgroup.procs, and no child wrote 0 into it.',
    zh: '组在，限制也在，只是里面没有人。没有谁打开过它的 cgroup.procs，也没有子进程往里面写 0。',
  },
  hints: [
    {
      en: 'Compare with the trace in the text, line by line.',
      zh: '和正文里的跟踪记录一行一行地对。',
    },
    {
      en: 'The limit is written. What is in the group that it limits?',
      zh: '限制写好了。可是它要限制的组里有什么？',
    },
    { en: 'A process joins by this file.', zh: '进程就是通过这个文件加入的。' },
  ],
  section: 'Call by call',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, joinedLate, neverRemoved, howManySleep, whichFile]
