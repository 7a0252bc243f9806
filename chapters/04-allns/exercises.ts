/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { commandRunsCheck, exitCodeCheck, failureCheck, LEAVES_A_FILE } from '#runner/exercises/common-checks.ts'
import { type Exercise, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import {
  diesWithProgram,
  hasOwnNamespace,
  isProcessOne,
  leavesNothing,
  procShowsOnlyItsOwn,
  startsInItsRoot,
} from '#runner/exercises/looks.ts'
import { pidInLab, type Trial } from '#runner/exercises/trial.ts'
import { mountinfo } from '#runner/probe/mountinfo.ts'

const FLAGS = 'const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC'

const without = (flag: string) => ({
  lines: FLAGS,
  instead: FLAGS.replace(new RegExp(` \\| ${flag}|${flag} \\| `), ''),
})

/** On a machine whose mounts are shared, as systemd makes them, no mount of the container's is seen outside. */
const mountsStayInside = async (trial: Trial): Promise<void> => {
  await trial.onHost('mount --make-rshared /')
  const { init, exit } = await trial.freshContainer(['busybox'])
  const inside = mountinfo(init).filter(({ type }) => type === 'proc')
  const outside = mountinfo(trial.host).filter(({ mountPoint }) => mountPoint.endsWith('/busybox/proc'))
  await exit()
  await trial.onHost('mount --make-rprivate /')
  must(inside.length > 0 && outside.length === 0, {
    en: `/proc/mounts of the machine has ${outside.map(({ mountPoint }) => mountPoint).join(', ') || 'none of it'}, while the container has ${inside.length} proc`,
    zh: `机器的 /proc/mounts 里有 ${outside.map(({ mountPoint }) => mountPoint).join('、') || '零个'}，而容器里有 ${inside.length} 个 proc`,
  })
}

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'Five namespaces', zh: '五个命名空间' },
  file: 'main.ts',
  task: {
    en: 'The program of chapter 03 runs a command in a root directory with /proc. Make a container of it: five namespaces of its own, and not one mount that is seen outside.',
    zh: '第 03 章的程序让一个命令在有 /proc 的根目录里运行。把它变成容器：给它五个自己的命名空间，它的挂载在外面一个也看不到。',
  },
  gaps: [
    {
      lines: 'const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux',
      instead: '',
      hints: [
        { en: 'The flags have names that begin with CLONE_NEW.', zh: '这些标志的名字都以 CLONE_NEW 开头。' },
        {
          en: 'native/linux.ts has them all; the import above calls it linux.',
          zh: '它们都在 native/linux.ts 里，上面的 import 把它叫作 linux。',
        },
        { en: 'linux.CLONE_NEWUTS is one of them.', zh: 'linux.CLONE_NEWUTS 就是其中一个。' },
      ],
    },
    {
      lines:
        "  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them",
      comment: {
        en: 'from here on, no mount of the child is seen outside, also where the mounts of the machine are shared.',
        zh: '从这里起，子进程的挂载在外面都看不到，哪怕机器上的挂载是共享的。',
      },
      hints: [
        {
          en: 'A mount namespace of its own is a copy of the machine’s mounts, and copies of shared mounts stay in touch.',
          zh: '新的挂载命名空间是机器挂载的一份副本，而共享挂载的副本之间还保持着联系。',
        },
        {
          en: 'mount(2) can change how a mount spreads, without mounting anything: MS_PRIVATE, for all below / with MS_REC.',
          zh: 'mount(2) 也可以什么都不挂载，只改变挂载的传播方式：MS_PRIVATE，再加上 MS_REC，就作用于 / 之下的所有挂载。',
        },
        {
          en: "mount('none', '/', null, linux.MS_REC | linux.…), before chroot",
          zh: "mount('none', '/', null, linux.MS_REC | linux.…)，写在 chroot 之前",
        },
      ],
    },
    {
      lines: "  mount('proc', '/proc', 'proc'),",
      comment: { en: '/proc shows the processes of the container.', zh: '/proc 显示容器里的进程。' },
      hints: [
        {
          en: 'Chapter 03 has this line, with an undo that is not needed any more. Why not?',
          zh: '第 03 章就有这一行，还带着撤销的步骤。现在为什么不需要撤销了？',
        },
        {
          en: 'The mount is in the container’s own mount namespace, and ends with it. A mount step alone will do.',
          zh: '这个挂载在容器自己的挂载命名空间里，随它一起消失。只要一个 mount 步骤就够了。',
        },
        {
          en: "mount('proc', '/proc', …), after chroot and chdir",
          zh: "mount('proc', '/proc', …)，写在 chroot 和 chdir 之后",
        },
      ],
    },
    {
      lines: FLAGS,
      instead: 'const flags = 0',
      comment: {
        en: 'the child gets a host name, process numbers, mounts, a network and message queues of its own.',
        zh: '子进程有自己的主机名、进程号、挂载、网络和消息队列。',
      },
      hints: [
        {
          en: 'clone(2) takes a flag for each namespace that is to be new.',
          zh: '要新建哪个命名空间，就给 clone(2) 一个对应的标志。',
        },
        {
          en: 'There are five, joined by |: linux.CLONE_NEWUTS is the one for the host name.',
          zh: '一共五个，用 | 连起来：主机名的那个是 linux.CLONE_NEWUTS。',
        },
        {
          en: 'UTS for the host name, PID, NS for mounts, NET, IPC for message queues: each with CLONE_NEW before it.',
          zh: '主机名是 UTS，进程号是 PID，挂载是 NS，网络是 NET，消息队列是 IPC，前面都加上 CLONE_NEW。',
        },
      ],
    },
  ],
  checks: [
    commandRunsCheck('In TypeScript'),
    exitCodeCheck('In TypeScript'),
    failureCheck('In TypeScript'),
    {
      title: { en: 'it starts in its root directory', zh: '命令从自己的根目录开始' },
      look: startsInItsRoot('busybox'),
      why: {
        en: 'chroot moves the root, not the working directory. That is still the one outside, and .. leads on from there, out of the container.',
        zh: 'chroot 换的是根目录，不是工作目录。工作目录还是外面的那个，从那里用 .. 就能一路走出容器。',
      },
      see: 'sudo PROGRAM busybox /bin/sh -c "pwd; ls"',
      section: 'Now it may be called a container',
      mistake: { lines: "  chdir('/'),", instead: '' },
    },
    {
      title: { en: 'the host name stays inside', zh: '主机名只在里面改' },
      look: hasOwnNamespace('uts', 'busybox'),
      why: {
        en: 'The host name is kept in the UTS namespace. A process that shares it with the machine renames the machine.',
        zh: '主机名存在 UTS 命名空间里。和机器共用它的进程改主机名，改的就是整台机器。',
      },
      see: 'hostname; sudo PROGRAM busybox /bin/hostname inside; hostname     # in a virtual machine, for it may rename it',
      section: 'One flag',
      gap: 3,
      mistake: without('CLONE_NEWUTS'),
    },
    {
      title: { en: 'the command is process 1', zh: '命令是 1 号进程' },
      look: isProcessOne('busybox'),
      why: {
        en: 'In a pid namespace of its own the numbers begin anew. Its first process is 1, and what is outside has no number there at all.',
        zh: '在自己的 pid 命名空间里，进程号从头开始。第一个进程是 1 号，外面的进程在里面根本没有号码。',
      },
      see: "sudo PROGRAM busybox /bin/sh -c 'echo $$'",
      section: 'Five flags',
      gap: 3,
      mistake: without('CLONE_NEWPID'),
    },
    {
      title: { en: 'its mounts are its own', zh: '挂载是自己的' },
      look: hasOwnNamespace('mnt', 'busybox'),
      why: {
        en: 'Each mount namespace has a table of mounts. A child without one of its own mounts into the machine’s table, and what it has mounted there stays when the child has ended.',
        zh: '每个挂载命名空间都有一张挂载表。子进程没有自己的，就会挂进机器的那一张，子进程结束之后，挂上去的还留在那里。',
      },
      // From outside: the command may have no /proc yet.
      see: 'sudo PROGRAM busybox /bin/sleep 20 &\nsleep 5; sudo readlink /proc/$(pgrep -fx "/bin/sleep 20")/ns/mnt /proc/self/ns/mnt',
      section: 'Five flags',
      gap: 3,
      mistake: without('CLONE_NEWNS'),
    },
    {
      title: { en: '/proc shows its own processes and no others', zh: '/proc 只显示它自己的进程' },
      look: procShowsOnlyItsOwn('busybox'),
      why: {
        en: 'proc shows the pid namespace of the process that mounts it. So the child must mount it, once it is process 1.',
        zh: 'proc 显示的是挂载它的那个进程所在的 pid 命名空间。所以要由子进程来挂载，那时它已经是 1 号进程。',
      },
      see: 'sudo PROGRAM busybox /bin/ps',
      section: 'Five flags',
      gap: 2,
      mistake: { lines: "  mount('proc', '/proc', 'proc'),", instead: '' },
    },
    {
      title: {
        en: 'none of its mounts is seen outside, where mounts are shared',
        zh: '即使挂载是共享的，它的挂载在外面也看不到',
      },
      look: mountsStayInside,
      why: {
        en: 'A new mount namespace begins as a copy, and the copy of a shared mount is its peer: what is mounted below the one appears below the other. On a systemd machine / is shared, and so is each mount below it, one by one.',
        zh: '新的挂载命名空间一开始是一份副本，而共享挂载的副本和原来的是一伙：在一边挂载什么，另一边也会出现。在用 systemd 的机器上，/ 是共享的，它下面的每个挂载也各自是共享的。',
      },
      // In a stand-in for the machine, whose mounts are shared in any case, and gone with it. The root is a
      // mount of its own there, for MS_REC to be missed.
      see: "findmnt -o TARGET,PROPAGATION /\nsudo unshare --mount --propagation shared sh -c 'mount --bind busybox busybox; PROGRAM busybox /bin/true; grep busybox/proc /proc/mounts'",
      section: 'The trap: your own mount namespace is not enough',
      gap: 1,
      mistake: {
        lines:
          "  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them",
        instead: '',
      },
    },
    {
      title: { en: 'its network is its own', zh: '网络是自己的' },
      look: hasOwnNamespace('net', 'busybox'),
      why: {
        en: 'Whoever shares the machine’s network namespace sees its interfaces, and can bind its ports.',
        zh: '和机器共用网络命名空间，就能看到机器的网络接口，也能占用机器的端口。',
      },
      see: 'sudo PROGRAM busybox /bin/ip addr',
      section: 'Five flags',
      gap: 3,
      mistake: without('CLONE_NEWNET'),
    },
    {
      title: { en: 'its message queues are its own', zh: '消息队列是自己的' },
      look: hasOwnNamespace('ipc', 'busybox'),
      why: {
        en: 'Queues and shared memory of System V have no place in any directory, so no root directory hides them. The IPC namespace does.',
        zh: 'System V 的消息队列和共享内存不在任何目录里，换根目录藏不住它们，IPC 命名空间才行。',
      },
      see: "id=$(ipcmk -Q | grep -o '[0-9]*$'); sudo PROGRAM busybox /bin/cat /proc/sysvipc/msg; ipcrm -q $id",
      section: 'No root directory hides this',
      gap: 3,
      mistake: without('CLONE_NEWIPC'),
    },
    {
      title: { en: 'when the program is killed, the command ends too', zh: '程序被杀死，命令也跟着结束' },
      look: diesWithProgram('busybox'),
      why: {
        en: 'SIGKILL leaves the parent no time to clean up. The child has to ask for its own end beforehand, by prctl(2) with PR_SET_PDEATHSIG.',
        zh: 'SIGKILL 不给父进程善后的时间。子进程得事先约好自己的结局：用 prctl(2) 的 PR_SET_PDEATHSIG。',
      },
      // The parent of the command is the program; $! would be npx, whose end leaves it running.
      see: 'sudo PROGRAM busybox /bin/sleep 100 &\nsleep 5; sudo kill -9 $(ps -o ppid= -p $(pgrep -fx "/bin/sleep 100"))\nsleep 1; pgrep -fxa "/bin/sleep 100"',
      section: 'The whole program',
      mistake: { lines: '  dieWithParent(),', instead: '' },
    },
    {
      title: { en: 'it leaves nothing behind', zh: '什么也不留下' },
      look: leavesNothing('busybox'),
      why: {
        en: 'Namespaces end with their last process, and their mounts, names and queues end with them. What is still there was made outside of them.',
        zh: '命名空间随着其中最后一个进程一起消失，里面的挂载、名字和队列也是。还留着的东西，是在命名空间外面做的。',
      },
      see: 'grep busybox /proc/mounts',
      section: 'Put your machine back',
      mistake: LEAVES_A_FILE,
    },
  ],
}

const MAKE_PRIVATE =
  "  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them"

const runs = main.checks[0]!
const staysInside = main.checks.find(({ look }) => look === mountsStayInside)!

const sharedRoot: Exercise = {
  kind: 'mend',
  name: 'shared-root',
  title: { en: 'A container that leaves its /proc behind', zh: '把 /proc 留在外面的容器' },
  file: 'main.ts',
  task: {
    en: 'This program passed all tests on the machine of its author. On Anna’s, which runs systemd, each container leaves one more line in /proc/mounts for good, though it has a mount namespace of its own. Find out why, and mend it.',
    zh: '这个程序在作者的机器上通过了全部测试。可是在 Anna 那台用 systemd 的机器上，每运行一个容器，/proc/mounts 里就永远多出一行，尽管容器有自己的挂载命名空间。找出原因，把它改好。',
  },
  gaps: [
    {
      lines: MAKE_PRIVATE,
      hints: [
        {
          en: 'findmnt -o TARGET,PROPAGATION / says what the two machines differ in.',
          zh: '用 findmnt -o TARGET,PROPAGATION / 看看，两台机器差在哪里。',
        },
        {
          en: 'A copy of a shared mount is its peer. The child must leave the circle before it mounts anything.',
          zh: '共享挂载的副本和原来的是一伙。子进程在挂载任何东西之前，得先退出这一伙。',
        },
        {
          en: "mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), right after dieWithParent()",
          zh: "mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE)，紧跟在 dieWithParent() 之后",
        },
      ],
    },
  ],
  checks: [
    { ...runs, mistake: { lines: '  exec(command),', instead: "  exec(['/bin/true'])," } },
    { ...staysInside, gap: 0 },
  ],
}

/** Has the program enter a container of the chapter, and returns what its command wrote. */
const inside = async (trial: Trial, command: string): Promise<string> => {
  const { init } = await trial.beside('04-allns/main.ts').container(['busybox'])
  const { stdout } = await trial.run([pidInLab(init), '/bin/sh', '-c', command])
  return stdout.trim()
}

/** Starts a container to go into, which ends by itself. */
const ANNAS = "sudo npx tsx chapters/04-allns/main.ts busybox /bin/sh -c 'hostname annas; exec sleep 20' &"

const ENTER = 'const pid = clone(child, SIGCHLD, pidfd) // a process can only be born in a pid namespace'

const blindGuest: Exercise = {
  kind: 'mend',
  name: 'blind-guest',
  title: { en: 'A guest whom nobody sees', zh: '谁也看不见的客人' },
  file: 'setns.ts',
  sample: ['1', '/bin/true'],
  task: {
    en: 'This program enters a running container. Ben uses it to look after Anna’s: hostname is right, the mounts are right. But "kill" finds none of the processes that "ps" lists, and his own shell is in no list. Find out which of the five namespaces he is not in, and mend it.',
    zh: '这个程序进入一个运行中的容器。Ben 用它去照看 Anna 的容器：主机名对，挂载也对。可是 ps 列出来的进程，kill 一个也找不到；他自己的 shell 又不在列表里。找出他没有进入五个命名空间中的哪一个，把它改好。',
  },
  gaps: [
    {
      lines: ENTER,
      instead: 'const pid = clone(child, SIGCHLD)',
      hints: [
        {
          en: 'Compare the links in /proc/PID/ns of the container’s shell with those of Ben’s.',
          zh: '比一比容器的 shell 和 Ben 的 shell，看它们的 /proc/PID/ns 里哪个链接不同。',
        },
        {
          en: 'setns(2) with CLONE_NEWPID does not move the caller, only the children it makes afterwards. So one more flag for setns does not help the child: it has to be born in there.',
          zh: 'setns(2) 加 CLONE_NEWPID 移动的不是调用者，而是它之后生的子进程。所以给 setns 多加一个标志，帮不了这个子进程：它得一出生就在里面。',
        },
        {
          en: 'clone() takes a third argument, a descriptor of the pid namespace: clone(child, SIGCHLD, pidfd)',
          zh: 'clone() 还有第三个参数，是 pid 命名空间的描述符：clone(child, SIGCHLD, pidfd)',
        },
      ],
    },
  ],
  checks: [
    {
      title: { en: 'the host name is the container’s', zh: '主机名是容器的' },
      look: async trial => {
        const { ask } = await trial.beside('04-allns/main.ts').container(['busybox'])
        await ask('hostname annas')
        const seen = await inside(trial, 'hostname')
        must(seen === 'annas', {
          en: `in the container, hostname says annas; in the command that entered it says ${JSON.stringify(seen)}`,
          zh: `在容器里 hostname 显示 annas；进入的命令里显示 ${JSON.stringify(seen)}`,
        })
      },
      why: {
        en: 'A namespace is entered by setns(2), with a descriptor that stands for it. What is left out stays the machine’s.',
        zh: '用 setns(2) 和代表命名空间的描述符进入它。漏掉哪个，哪个就还是机器的。',
      },
      see: `${ANNAS}\nsleep 5; sudo PROGRAM $(pgrep -fx 'sleep 20') /bin/hostname`,
      section: 'Going in',
      mistake: {
        lines: '  setns(pidfd, CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC),',
        instead: '  setns(pidfd, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC),\n  ...(CLONE_NEWUTS ? [] : []),',
      },
    },
    {
      title: { en: 'the command sees itself in /proc', zh: '命令能在 /proc 里看到自己' },
      look: async trial => {
        const seen = await inside(trial, 'cd /proc/self && echo there || echo nowhere')
        must(seen === 'there', {
          en: `in the container, /proc/self of the command leads ${seen || 'nowhere'}`,
          zh: `在容器里，命令的 /proc/self 指向${seen === 'there' ? '它自己' : '空处'}`,
        })
      },
      why: {
        en: 'The container’s proc knows the processes of its own pid namespace only. A command that was born outside has no number there.',
        zh: '容器的 proc 只认识自己 pid 命名空间里的进程。在外面出生的命令，在里面没有号码。',
      },
      see: `${ANNAS}\nsleep 5; sudo PROGRAM $(pgrep -fx 'sleep 20') /bin/sh -c 'ls -l /proc/self; ps'`,
      section: 'Going in',
      gap: 0,
      mistake: { lines: ENTER, instead: 'const pid = clone(child, SIGCHLD)' },
    },
  ],
}

const whoseQueue: Exercise = {
  kind: 'predict',
  name: 'whose-number',
  title: { en: 'Which number?', zh: '几号进程？' },
  command: 'PROGRAM busybox /bin/sh -c \'echo $$; sh -c "echo \\$\\$"; true\'',
  showsOutput: false,
  question: {
    en: 'A shell in a container prints its number, then has a second shell print its own. Type both numbers, with a space between them.',
    zh: '容器里的 shell 打印自己的进程号，再让第二个 shell 打印它的。输入这两个号码，中间空一格。',
  },
  isRight: (answer, output) => answer.split(/\s+/).join(' ') === output.trim().split('\n').join(' '),
  examples: { right: ['1 2', ' 1   2 '], wrong: ['1 1', '1', '2 3', ''] },
  answer: {
    en: 'In a pid namespace of its own the numbers begin anew. The shell is 1 and the next process is 2, whatever numbers the machine has for them.',
    zh: '自己的 pid 命名空间里，号码从头开始。shell 是 1 号，下一个进程是 2 号，不管它们在机器上是几号。',
  },
  hints: [
    {
      en: 'What is the first process of a new pid namespace called?',
      zh: '新的 pid 命名空间里，第一个进程是几号？',
    },
    { en: 'The numbers go up by one with each process that is born there.', zh: '那里每生一个进程，号码加一。' },
    {
      en: 'The first shell is process 1, and it starts one process.',
      zh: '第一个 shell 是 1 号，它又启动了一个进程。',
    },
  ],
  section: 'Five flags',
}

const whichIsMissing: Exercise = {
  kind: 'trace',
  name: 'which-is-missing',
  title: { en: 'Which namespace is missing?', zh: '少了哪个命名空间？' },
  program: { file: 'main.ts', changes: [without('CLONE_NEWIPC')] },
  command: "PROGRAM --trace busybox /bin/true 2>&1 | grep -e '] c[lh]' -e '] mount' -e '] execve'",
  showsOutput: true,
  question: {
    en: 'In this container Ben still sees Anna’s message queues. Which flag is not there? Type its name.',
    zh: '在这个容器里，Ben 还是能看到 Anna 的消息队列。少了哪个标志？输入它的名字。',
  },
  isRight: answer => /^(linux\.)?(clone_new)?ipc$/.test(answer),
  examples: { right: ['CLONE_NEWIPC', 'ipc', 'linux.CLONE_NEWIPC'], wrong: ['CLONE_NEWUTS', 'net', ''] },
  answer: {
    en: 'clone() has four flags: NS, UTS, PID and NET. Message queues are in the IPC namespace, and that one is still the machine’s.',
    zh: 'clone() 有四个标志：NS、UTS、PID 和 NET。消息队列在 IPC 命名空间里，而这一个还是机器的。',
  },
  hints: [
    { en: 'Count the flags of clone. There should be five.', zh: '数一数 clone 的标志，应该有五个。' },
    { en: 'Message queues belong to System V IPC.', zh: '消息队列属于 System V IPC。' },
    {
      en: 'Its name begins with CLONE_NEW and ends with the three letters of the sentence before.',
      zh: '名字以 CLONE_NEW 开头，后面是上一句里的三个字母。',
    },
  ],
  section: 'No root directory hides this',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, sharedRoot, blindGuest, whoseQueue, whichIsMissing]
