/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { readlinkSync } from 'node:fs'
import { commandRunsCheck, exitCodeCheck, failureCheck, LEAVES_A_FILE } from '#runner/exercises/common-checks.ts'
import { type Check, type Exercise, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import {
  commandNeverRuns,
  diesWithProgram,
  killStarter,
  leavesNothing,
  startsInItsRoot,
} from '#runner/exercises/looks.ts'
import { eventually, type Trial } from '#runner/exercises/trial.ts'
import { mountinfo } from '#runner/probe/mountinfo.ts'
import { namespaces } from '#runner/probe/process-facts.ts'
import { scale } from '#runner/scale.ts'

const BARE = '/tmp/bare'

/** /proc is a mount of proc, and the command finds itself in it. */
const showsProcesses = async (trial: Trial): Promise<void> => {
  const { init, ask } = await trial.container(['busybox'])
  const isMounted = mountinfo(init).some(({ type, mountPoint }) => type === 'proc' && mountPoint === '/proc')
  const own = (await ask('echo $$')).trim()
  const seen = (await ask('cd /proc && echo [0-9]*; cd /')).trim()
  must(isMounted && seen.split(' ').includes(own), {
    en: `/proc/${init}/mountinfo has ${isMounted ? 'a' : 'no'} proc at its /proc; the shell is process ${own}, and sees in /proc: ${seen}`,
    zh: `/proc/${init}/mountinfo 里${isMounted ? '有' : '没有'}挂在它的 /proc 上的 proc；这个 shell 是 ${own} 号进程，它在 /proc 里看到的是：${seen}`,
  })
}

/** The pid namespace of process 1, as a process finds it in its own /proc; undefined when there is none. */
const pidNamespaceInProcOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/root/proc/1/ns/pid`)
  } catch {
    return undefined
  }
}

/** What the machine has at /proc tells of its own processes. */
const machineHasItsProc = async ({ host }: Trial): Promise<void> => {
  must(pidNamespaceInProcOf(host) === namespaces(host).pid, {
    en: "after the program had run, the machine's own /proc did not show the machine's processes any more",
    zh: '程序运行过之后，机器自己的 /proc 里看不到机器的进程了',
  })
}

/** How many mounts the machine's table has at the place of the container's /proc. */
const windows = ({ host }: Trial): number =>
  mountinfo(host).filter(({ mountPoint }) => mountPoint.endsWith('/busybox/proc')).length

/** How many the table has at the machine's own /proc. */
const machinesOwn = ({ host }: Trial): number =>
  mountinfo(host).filter(({ mountPoint }) => mountPoint === '/proc').length

/** After the command has ended, its mount is gone from the machine's table, and the machine's own is not. */
const closesItsWindow = async (trial: Trial): Promise<void> => {
  const { exit } = await trial.container(['busybox'])
  await exit()
  const before = machinesOwn(trial)
  await trial.run(['busybox', '/bin/true'])
  const [left, after] = [windows(trial), machinesOwn(trial)]
  must(left === 0 && after > 0 && after === before, {
    en: `every command has ended, and the machine's /proc/mounts has ${left} at busybox/proc, where none was to be; at its own /proc it has ${after}, and had ${before} before`,
    zh: `命令都结束了，机器的 /proc/mounts 里挂在 busybox/proc 上的还有 ${left} 个，应当一个也没有；挂在它自己的 /proc 上的有 ${after} 个，之前是 ${before} 个`,
  })
}

/** The same, when the program was killed and could do nothing about it. */
const closesItsWindowWhenKilled = async (trial: Trial): Promise<void> => {
  const { init, exit } = await trial.container(['busybox'])
  const program = await killStarter(init)
  await exit()
  await eventually(() => windows(trial) === 0 || undefined, 2000 * scale)
  const left = windows(trial)
  must(left === 0, {
    en: `the program, process ${program}, was killed with SIGKILL; two seconds later the machine's /proc/mounts still had ${left} at busybox/proc`,
    zh: `程序（进程 ${program}）被 SIGKILL 杀死；两秒之后，机器的 /proc/mounts 里挂在 busybox/proc 上的还有 ${left} 个`,
  })
}

const needsPlaceForProc = async (trial: Trial): Promise<void> => {
  await trial.onHost(`mkdir -p ${BARE}/bin ${BARE}/tmp; cp busybox/bin/busybox ${BARE}/bin/touch`)
  await commandNeverRuns(BARE, {
    en: `${BARE} has no directory /proc to mount on`,
    zh: `${BARE} 里没有可以用来挂载的 /proc 目录`,
  })(trial)
}

const MOUNT = "const mountProc = mount('proc', '/proc', 'proc')"
const UMOUNT = "const umountProc = [chroot(rootfs), umount2('/proc', MNT_DETACH)]"
const UMOUNT_OF_THE_MACHINES = "const umountProc = [umount2('/proc', MNT_DETACH)]"
const WITH_UNDO = "  withUndo(mountProc, ...umountProc), // the mount is in the host's table, and would stay there"
const ENTER = "  chroot(rootfs),\n  chdir('/'),"
const WAIT = 'process.exitCode = await exitCode(pid)'
// Also after a command that could not be started: only a kill is not thought of.
const WAIT_AND_UMOUNT = `try {
  ${WAIT}
} finally {
  await exitCode(clone(umountProc, SIGCHLD)) // the mount is in the host's table, and would stay there
}`

const FROM_MOUNT_TO_END = `${WITH_UNDO}
  exec(command),
]

const pid = clone(child, SIGCHLD)
${WAIT}`

const mountsTooEarly = { lines: `${ENTER}\n${WITH_UNDO}`, instead: `${WITH_UNDO}\n${ENTER}` }

const runs = commandRunsCheck('Somebody who stays')

// Early, and with a command that does not start the program: on the reader's machine it would do the same.
const machineCanSee: Check = {
  title: { en: 'the machine still has its own /proc', zh: '机器自己的 /proc 还在' },
  look: machineHasItsProc,
  why: {
    en: 'Whoever takes the mount away has the machine’s root, and there /proc is the machine’s own. A path means the same directory only in the same root.',
    zh: '卸载的那个进程，根是机器的根；在那里，/proc 就是机器自己的 /proc。只有在同一个根里，同一条路径才是同一个意思。',
  },
  see: "grep ' /proc ' /proc/mounts     # is it gone here, too? sudo mount -t proc proc /proc",
  section: 'Somebody who stays',
  mistake: { lines: UMOUNT, instead: UMOUNT_OF_THE_MACHINES },
}

const windowIsOpen: Check = {
  title: { en: '/proc shows the processes', zh: '/proc 能看到进程' },
  look: showsProcesses,
  why: {
    en: 'The files in /proc are answers of the kernel, and proc makes them while somebody reads. So they cannot be copied into a root. proc has to be mounted there: on the /proc of the command, and not on the one of the machine.',
    zh: '/proc 里的文件是内核的回答，有人读的时候 proc 才现做出来，所以没法复制进根目录，只能把 proc 挂载到那里：挂在命令的 /proc 上，而不是机器的 /proc 上。',
  },
  see: 'sudo PROGRAM busybox /bin/ps',
  section: 'One line, and ps can see',
  mistake: { lines: WITH_UNDO },
}

const windowIsClosed: Check = {
  title: { en: 'when the command has ended, nothing is left mounted', zh: '命令结束之后，什么也没有挂着' },
  look: closesItsWindow,
  why: {
    en: 'A mount belongs to no process. It is in the machine’s table, and stays there until somebody takes it away, by a path that means the right directory. (What a try by hand has left, "umount busybox/proc" takes away.)',
    zh: '挂载不属于哪个进程。它在机器的挂载表里，一直留着，直到有谁把它卸下来，而且用的路径得指向那个对的目录。（亲手试时留下的，用 umount busybox/proc 卸掉。）',
  },
  see: 'sudo PROGRAM busybox /bin/true; grep -c busybox/proc /proc/mounts',
  section: 'What Anna left behind',
  mistake: { lines: WITH_UNDO, instead: '  mountProc,' },
}

const windowIsClosedByOthers: Check = {
  title: {
    en: 'when the program is killed, nothing is left mounted, either',
    zh: '程序被杀死之后，同样什么也没有挂着',
  },
  look: closesItsWindowWhenKilled,
  why: {
    en: 'A program that is killed by SIGKILL never reaches its last line. So another process has to unmount: one that is there from the beginning, and learns of the end without being told.',
    zh: '被 SIGKILL 杀死的程序，走不到最后一行。所以得由另一个进程来卸载：它从一开始就在，不用谁告诉它，也知道程序结束了。',
  },
  see: "sudo PROGRAM busybox /bin/sh -c 'kill -9 $PPID'; sleep 1; grep -c busybox/proc /proc/mounts",
  section: 'Somebody who stays',
  mistake: {
    lines: FROM_MOUNT_TO_END,
    instead: FROM_MOUNT_TO_END.replace(WITH_UNDO, '  mountProc,').replace(WAIT, WAIT_AND_UMOUNT),
  },
}

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'A window that closes by itself', zh: '自己会关上的窗' },
  file: 'main.ts',
  task: {
    en: 'The program of chapter 02 runs a command in a root of its own, in which ps is blind. Open a window for it: a /proc that shows the processes. And see to it that the window closes again, whoever is killed.',
    zh: '第 02 章的程序让一条命令在自己的根目录里运行，可是 ps 在里面什么也看不见。给它开一扇窗：一个能看到进程的 /proc。还要保证不管谁被杀死，这扇窗都会再关上。',
  },
  gaps: [
    {
      lines: MOUNT,
      comment: {
        en: 'a step by which the child gets a /proc that shows the processes. Give it a name: it goes into the list at (3).',
        zh: '一个步骤，子进程靠它得到能看到进程的 /proc。给它取个名字，到（3）那里写进列表。',
      },
      hints: [
        {
          en: 'Anna has done it by hand, with one line in her shell: mount -t proc …',
          zh: 'Anna 亲手做过，在她的 shell 里只用了一行：mount -t proc …',
        },
        {
          en: 'mount(source, target, type) is the step. It has to be in the list of the child, where /proc is the one of the new root.',
          zh: '步骤是 mount(来源, 目标, 类型)。它要写进子进程的列表，写在 /proc 已经是新根里那个 /proc 的地方。',
        },
        {
          en: "const mountProc = mount('proc', '…', 'proc'), and mountProc in the list, between chdir and exec",
          zh: "const mountProc = mount('proc', '…', 'proc')，再把 mountProc 写进列表，放在 chdir 和 exec 之间",
        },
      ],
    },
    {
      lines: UMOUNT,
      comment: {
        en: 'the steps by which another process takes that /proc away again, also under a name, for (3). The root of that process is still the machine’s.',
        zh: '几个步骤，另一个进程靠它们把那个 /proc 卸下来，也取个名字，留给（3）。那个进程的根还是机器的根。',
      },
      hints: [
        {
          en: 'Whoever unmounts begins in the machine’s root. Which /proc does "/proc" mean there?',
          zh: '动手卸载的进程，一开始在机器的根里。在那里，“/proc” 指的是哪个 /proc？',
        },
        {
          en: 'It first has to go where the child went, and then to call umount2. A flag takes the mount away even if somebody still uses it.',
          zh: '它得先走到子进程去过的地方，再调用 umount2。有一个标志，即使还有谁在用，也能把挂载摘下来。',
        },
        {
          en: "const umountProc = [chroot(…), umount2('/proc', MNT_DETACH)], and both steps go to withUndo, which is the next place",
          zh: "const umountProc = [chroot(…), umount2('/proc', MNT_DETACH)]，这两步要交给 withUndo，那就是下一处",
        },
      ],
    },
    {
      lines: WITH_UNDO,
      comment: {
        en: 'here the child has its /proc. When the child or this program has ended, in whatever way, it is taken away again.',
        zh: '到这里，子进程有了它的 /proc。子进程或这个程序一结束，不管是怎么结束的，它都会被卸下来。',
      },
      hints: [
        {
          en: 'An umount in the last line of your program does not do it: after kill -9 there is no last line.',
          zh: '在程序的最后一行 umount 是不够的：kill -9 之后，没有最后一行。',
        },
        {
          en: 'The caretaker outlives your program. One step of the list tells it what there will be to undo.',
          zh: 'caretaker 活得比你的程序久。列表里有一种步骤，会告诉它将来要撤销什么。',
        },
        {
          en: 'withUndo(mountProc, ...…), where mountProc alone was',
          zh: 'withUndo(mountProc, ...…)，写在原来只有 mountProc 的地方',
        },
      ],
    },
  ],
  checks: [
    runs,
    machineCanSee,
    exitCodeCheck('The whole program'),
    failureCheck('A step that fails'),
    {
      title: { en: 'it starts in its root directory', zh: '命令从自己的根目录开始' },
      look: startsInItsRoot('busybox'),
      why: {
        en: 'chroot moves the root, not the working directory: that was chapter 02. Without chdir the command stands outside, and .. leads on from there.',
        zh: 'chroot 换的是根目录，不是工作目录，这是第 02 章的事。没有 chdir，命令就站在外面，从那里用 .. 还能继续往上走。',
      },
      see: 'sudo PROGRAM busybox /bin/pwd',
      section: 'The whole program',
      mistake: { lines: "  chdir('/'),", instead: '' },
    },
    { ...windowIsOpen, gap: 0 },
    {
      title: {
        en: 'where there is no place for /proc, the command never runs',
        zh: '没有地方挂 /proc 时，命令根本不运行',
      },
      look: needsPlaceForProc,
      why: {
        en: 'A mount needs a directory to lie on. Where that is missing the promise cannot be kept, and a command that relies on /proc must not run as if it had been.',
        zh: '挂载要有一个目录来放。没有这个目录，答应的事就做不到；指望 /proc 的命令，不能装作什么事也没有，照样运行。',
      },
      see: `mkdir -p ${BARE}/bin; cp busybox/bin/busybox ${BARE}/bin/sh\nsudo PROGRAM ${BARE} /bin/sh -c "echo it runs"; echo $?`,
      section: 'A step that fails',
      gap: 0,
      mistake: {
        lines: MOUNT,
        instead: `const mountProc = { ...mount('proc', '/proc', 'proc'), toleratedErrors: 'any' as const }`,
      },
    },
    { ...windowIsClosed, gap: 1 },
    {
      title: { en: 'when the program is killed, the command ends too', zh: '程序被杀死，命令也跟着结束' },
      look: diesWithProgram('busybox'),
      why: {
        en: 'The window is about to close behind whoever is inside. So nobody may be left there: the child asks the kernel beforehand to be ended with its parent, as in chapter 02.',
        zh: '窗马上要关上了，所以里面不能还留着谁：子进程事先请内核让它跟父进程一起结束，和第 02 章一样。',
      },
      // The command kills: $! would be npx, whose end leaves the program itself running.
      see: "sudo PROGRAM busybox /bin/sh -c 'kill -9 $PPID; exec sleep 100'; sleep 1; pgrep -fxa 'sleep 100'",
      section: 'Somebody who stays',
      mistake: { lines: '  dieWithParent(),', instead: '' },
    },
    { ...windowIsClosedByOthers, gap: 2 },
    {
      title: { en: 'it leaves nothing behind', zh: '什么也不留下' },
      look: leavesNothing('busybox'),
      why: {
        en: 'Whoever opens something closes it: mounts, and files and processes no less. The machine is to be as it was.',
        zh: '谁打开的，就由谁关上：挂载是这样，文件和进程也一样。机器应当和原来一样。',
      },
      see: 'sudo PROGRAM busybox /bin/true; ls -t /tmp | head -3; mount | tail -3',
      section: 'Put your machine back',
      mistake: LEAVES_A_FILE,
    },
  ],
}

const IMPORT = "import { chdir, chroot, dieWithParent, exec, mount, umount2, withUndo } from '#native/steps.ts'"

const leftMounted: Exercise = {
  kind: 'mend',
  name: 'left-mounted',
  title: { en: 'Eleven windows too many', zh: '多出来的十一扇窗' },
  file: 'main.ts',
  task: {
    en: 'Ben tried this program for a week, and it left nothing behind. Then Anna let a script use it, which ends what takes longer than a minute with "kill -9". In the evening Ben wants to delete the root that she does not need any more: "Device or resource busy". "grep -c busybox/proc /proc/mounts" says 11. Find out why, and mend it.',
    zh: 'Ben 用了这个程序一个星期，它什么也没有留下。后来 Anna 让一个脚本来用它，凡是超过一分钟的，脚本就用 kill -9 结束掉。到了晚上，Ben 想删掉她不再需要的根目录，却看到“Device or resource busy”。grep -c busybox/proc /proc/mounts 说有 11 个。找出原因，把它改好。',
  },
  gaps: [
    {
      lines: WITH_UNDO,
      instead: '  mountProc,',
      hints: [
        {
          en: 'Which lines of this program are still carried out after "kill -9"?',
          zh: '在 kill -9 之后，这个程序的哪几行还会执行？',
        },
        {
          en: 'None. Somebody else has to unmount. The text calls it the caretaker, and docs/steps.md knows the step that starts it.',
          zh: '一行也不会。得由别人来卸载。课文里把它叫作 caretaker，docs/steps.zh-CN.md 里有让它出场的步骤。',
        },
        {
          en: 'withUndo(mountProc, ...umountProc), in place of mountProc in the list. Then the finally at the end is not needed any more.',
          zh: '把列表里的 mountProc 换成 withUndo(mountProc, ...umountProc)。这样末尾的 finally 就不需要了。',
        },
      ],
    },
    {
      lines: IMPORT,
      instead: IMPORT.replace(', withUndo', ''),
      hints: [
        { en: 'The step has to be imported.', zh: '这个步骤要先 import。' },
        { en: 'It comes from #native/steps.ts.', zh: '它在 #native/steps.ts 里。' },
        { en: 'It is called withUndo.', zh: '它叫 withUndo。' },
      ],
    },
    {
      lines: WAIT,
      instead: WAIT_AND_UMOUNT,
      hints: [
        { en: 'Look at the last lines.', zh: '看看最后几行。' },
        { en: 'They come too late for a program that was killed.', zh: '对已经被杀死的程序来说，它们来得太晚。' },
        { en: 'They are not needed any more.', zh: '它们已经不需要了。' },
      ],
    },
  ],
  checks: [runs, windowIsOpen, windowIsClosed, { ...windowIsClosedByOthers, gap: 0 }],
}

const blindPs: Exercise = {
  kind: 'mend',
  name: 'blind-ps',
  title: { en: 'The window that nobody can find', zh: '谁也找不到的窗' },
  file: 'main.ts',
  task: {
    en: 'This program mounts /proc, and reports no error. Still, ps in Anna’s root shows no process. And there is one thing more: whenever she has used it, Ben counts one line more in the machine’s table, with "grep -c \' /proc \' /proc/mounts", though everything on the machine works as before. Find out where the window is, and mend it.',
    zh: "这个程序挂载了 /proc，也没有报什么错。可是在 Anna 的根目录里，ps 还是一个进程也看不到。还有一件怪事：她每用一次，Ben 用 grep -c ' /proc ' /proc/mounts 去数，机器的挂载表里就多一行，虽然机器上一切照常。找出窗开在了哪里，把它改好。",
  },
  gaps: [
    {
      ...mountsTooEarly,
      hints: [
        {
          en: 'Start it with --trace, and put your finger on each call of the child: which directory is /proc at that moment?',
          zh: '加上 --trace 运行，把子进程的调用一个一个指着看：在那一刻，/proc 是哪个目录？',
        },
        {
          en: 'Before chroot, /proc is the machine’s. A second proc on top of it looks just like the first.',
          zh: '在 chroot 之前，/proc 是机器的。在它上面再盖一个 proc，看起来和原来那个一模一样。',
        },
        {
          en: 'The mount, withUndo(…), has to come after chroot and chdir.',
          zh: '挂载的那一步 withUndo(…)，要放在 chroot 和 chdir 之后。',
        },
      ],
    },
  ],
  checks: [runs, { ...windowIsOpen, gap: 0, mistake: mountsTooEarly }, windowIsClosed],
}

const whoIsSelf: Exercise = {
  kind: 'predict',
  name: 'who-is-self',
  title: { en: 'Who is self?', zh: 'self 是谁？' },
  command: "PROGRAM busybox /bin/sh -c 'cat /proc/self/comm; cat /proc/$$/comm; true'",
  showsOutput: false,
  question: {
    en: 'A shell has cat read two files. comm is the name of a process, and the shell writes its own number for $$. What do the two cat print? Type both names, with a space between them.',
    zh: '一个 shell 让 cat 读两个文件。comm 是进程的名字，$$ 会被 shell 换成它自己的进程号。两个 cat 各打印什么？输入这两个名字，中间空一格。',
  },
  isRight: (answer, output) => answer.split(/\s+/).join(' ') === output.trim().split('\n').join(' '),
  examples: { right: ['cat sh', ' cat   sh '], wrong: ['sh sh', 'sh cat', 'cat cat', 'cat', ''] },
  answer: {
    en: '/proc/self is whoever opens the path, and cat opens both. But the second path has a number in it, which the shell had put there before cat began: its own.',
    zh: '/proc/self 是打开这条路径的进程，而两条路径都是 cat 打开的。不过第二条路径里有一个号码，是 shell 在 cat 开始之前就换好的：shell 自己的号码。',
  },
  hints: [
    {
      en: 'Who opens the file, the shell or cat?',
      zh: '文件是谁打开的，是 shell 还是 cat？',
    },
    {
      en: 'The first answer is about whoever asks. The second is about the process with that number, whoever asks.',
      zh: '第一个回答说的是提问的那个进程；第二个回答说的是那个号码的进程，不管谁来问。',
    },
    {
      en: 'cat asks both times, and the number is the shell’s. The shell was started as /bin/sh.',
      zh: '两次都是 cat 在问，而号码是 shell 的。shell 是用 /bin/sh 启动的。',
    },
  ],
  section: 'A question is a path',
}

const whoseWindow: Exercise = {
  kind: 'trace',
  name: 'whose-window',
  title: { en: 'Whose window was closed?', zh: '关上的是谁的窗？' },
  program: {
    file: 'main.ts',
    changes: [{ lines: UMOUNT, instead: UMOUNT_OF_THE_MACHINES }],
  },
  command: "PROGRAM --trace busybox /bin/true 2>&1 | grep -E '\\] (chroot|chdir|mount|execve|read|umount2)\\('",
  showsOutput: true,
  question: {
    en: 'The first process is the child, the second the caretaker. All calls have succeeded. But Anna’s window is still open, and the machine has lost its own /proc. Which call should the caretaker have made before umount2? Type its name.',
    zh: '第一个进程是子进程，第二个是 caretaker。所有调用都成功了。可是 Anna 的窗还开着，机器自己的 /proc 却没有了。在 umount2 之前，caretaker 本该先做哪个调用？输入它的名字。',
  },
  isRight: answer => /^chroot\b/.test(answer),
  examples: { right: ['chroot', 'chroot("busybox")', 'chroot(rootfs)'], wrong: ['chdir', 'mount', 'read', ''] },
  answer: {
    en: 'The caretaker has the machine’s root, and there /proc is the machine’s. A path means the same directory only in the same root, so the caretaker has to go where the child went: chroot("busybox").',
    zh: 'caretaker 的根是机器的根，在那里 /proc 就是机器的 /proc。只有在同一个根里，同一条路径才是同一个意思，所以它得先走到子进程去过的地方：chroot("busybox")。',
  },
  hints: [
    {
      en: 'The child has mounted "/proc", and the caretaker has unmounted "/proc". Is that the same directory?',
      zh: '子进程挂载的是“/proc”，caretaker 卸下来的也是“/proc”。这是同一个目录吗？',
    },
    {
      en: 'Compare the two lists. What had the child done before it said "/proc"?',
      zh: '比一比两边的调用。子进程说出“/proc”之前，先做了什么？',
    },
    {
      en: 'It had changed its root. The call has the name of chapter 02.',
      zh: '它先换了根。这个调用的名字就是第 02 章的名字。',
    },
  ],
  section: 'Somebody who stays',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, leftMounted, blindPs, whoIsSelf, whoseWindow]
