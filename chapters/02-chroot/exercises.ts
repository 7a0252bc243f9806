/** The exercises of this chapter: what a reader writes, mends, predicts and reads, and what must then be so. */

import { commandRunsCheck, exitCodeCheck, failureCheck, LEAVES_A_FILE } from '#runner/exercises/common-checks.ts'
import { type Check, type Exercise, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import {
  commandNeverRuns,
  diesWithProgram,
  inodeOf,
  leavesNothing,
  startsInItsRoot,
} from '#runner/exercises/looks.ts'
import type { Trial } from '#runner/exercises/trial.ts'

const CHROOT = '  chroot(rootfs),'
const CHDIR = "  chdir('/'), // the working directory is still the one outside"
const UP = '../'.repeat(99)

/** The root directory of the command is the one that it was given. */
const isInTheRootfs = async (trial: Trial): Promise<void> => {
  const { init } = await trial.container(['busybox'], { root: 'any' })
  const given = inodeOf(`/proc/${trial.host}/root${trial.lab.root}/busybox/`)
  const [own, host] = [inodeOf(`/proc/${init}/root/`), inodeOf(`/proc/${trial.host}/root/`)]
  const [en, zh] = own === host ? ["the machine's own /", '机器自己的 /'] : ['another one', '另一个目录']
  must(own === given, {
    en: `/proc/${init}/root was to be the directory busybox, and is ${en}`,
    zh: `/proc/${init}/root 应当是 busybox 这个目录，实际却是${zh}`,
  })
}

/** However often one goes up from where the command begins, one does not come above its root directory. */
const staysInItsRoot = async (trial: Trial): Promise<void> => {
  const { ask } = await trial.container(['busybox'], { root: 'any' })
  const [root, top] = (await ask(`/bin/stat -c %d:%i / ${UP}`)).split('\n')
  must(root === top && root !== '', {
    en: `stat says that / is ${root}, but ../ ninety-nine times, from where the command began, is ${top}: another directory, above it`,
    zh: `stat 显示 / 是 ${root}；从命令起步的地方连走九十九次 ../，到的却是 ${top}：是它上面的另一个目录`,
  })
}

const MISSING = 'bussybox'

const runs = commandRunsCheck('A child in another root')

const climbsNowhere: Check = {
  title: { en: 'no number of .. leads out of it', zh: '不管走多少个 ..，都出不去' },
  look: staysInItsRoot,
  why: {
    en: 'chroot moves the root and leaves the working directory where it is, outside. And the kernel stops .. only in exactly the root directory. Whoever begins outside never comes by there on the way up.',
    zh: 'chroot 换的是根，工作目录留在原处，也就是外面。而内核只在正好走到根目录时才拦住 ..。从外面起步，往上走的路上根本不经过那里。',
  },
  see: 'sudo PROGRAM busybox /bin/ls ../../../../../../../../..',
  section: 'What the kernel keeps',
  gap: 2,
  mistake: { lines: CHDIR },
}

const beginsAtTheTop: Check = {
  title: { en: 'the command starts in its root directory', zh: '命令从自己的根目录开始' },
  look: startsInItsRoot('busybox'),
  why: {
    en: 'A process inherits the working directory, as it does the root. Where it begins is not left to chance: chroot(8) and Docker begin at /, where everybody expects it.',
    zh: '工作目录和根一样，都是继承来的。从哪里开始不能碰运气：chroot(8) 和 Docker 都从 / 开始，大家也都这么指望。',
  },
  see: 'sudo PROGRAM busybox /bin/pwd',
  section: 'Two calls and an exec',
  gap: 2,
  mistake: { lines: CHDIR, instead: "  chdir('/home')," },
}

// From the import of the steps down to chroot, because both have to change.
const CHECKED = `import { chdir, chroot, dieWithParent, exec } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
${CHROOT}`

const UNCHECKED = CHECKED.replace('exec }', 'exec, ignoreFailure }').replace(
  CHROOT,
  '  ignoreFailure(chroot(rootfs)), // it has never failed in all these years',
)

const runsNowhereElse: Check = {
  title: {
    en: 'where the root directory is not there, the command never runs',
    zh: '根目录不存在时，命令根本不运行',
  },
  look: commandNeverRuns(MISSING, {
    en: `there is no directory ${MISSING}`,
    zh: `${MISSING} 这个目录并不存在`,
  }),
  why: {
    en: 'A chroot that has failed changes nothing. The process still has the root it had before, the machine’s. A command that runs now, runs there.',
    zh: 'chroot 失败，就什么也没改变：进程的根还是原来那个，也就是机器的根。这时运行命令，就是在那里运行。',
  },
  see: `touch /tmp/precious; sudo PROGRAM ${MISSING} /bin/ls /tmp/precious; echo $?`,
  section: 'A typing error that deletes a file',
  gap: 1,
  mistake: { lines: CHECKED, instead: UNCHECKED },
}

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'A root of its own', zh: '自己的根目录' },
  file: 'main.ts',
  task: {
    en: 'This program makes a child, and the child runs a command: that is hello-shell.ts, with a command line. Give the command a root directory of its own, have it begin there, and see to it that it does not outlive the program.',
    zh: '这个程序生一个子进程，子进程运行一条命令：就是带命令行参数的 hello-shell.ts。给这条命令一个自己的根目录，让它从那里开始，并且不让它活得比程序更久。',
  },
  gaps: [
    {
      lines: '  dieWithParent(),',
      comment: {
        en: 'when this program ends, the kernel ends the child, too.',
        zh: '这个程序一结束，内核就让子进程也结束。',
      },
      hints: [
        {
          en: 'After SIGKILL your program can do nothing any more. So the child must have asked the kernel beforehand.',
          zh: '收到 SIGKILL 之后，你的程序什么也做不了了。所以子进程得事先跟内核说好。',
        },
        {
          en: 'The system call is prctl(2) with PR_SET_PDEATHSIG. docs/steps.md has a step for it, without arguments.',
          zh: '系统调用是 prctl(2) 加 PR_SET_PDEATHSIG。docs/steps.zh-CN.md 里有一个现成的步骤，不带参数。',
        },
        {
          en: 'dieWith…(), as the first step of the list, with a comma after it',
          zh: 'dieWith…()，放在列表第一步，后面加逗号',
        },
      ],
    },
    {
      lines: CHROOT,
      comment: { en: 'here / is the directory rootfs.', zh: '从这里起，/ 就是 rootfs 这个目录。' },
      hints: [
        {
          en: 'What did strace show between the two execve, when chroot(8) was at work?',
          zh: 'chroot(8) 干活的时候，strace 在两个 execve 之间显示了什么？',
        },
        {
          en: 'A step is a call of the child, in the list. The one you need has the name of the chapter.',
          zh: '一个步骤就是子进程的一个调用，写在列表里。你要的这一步，名字就是本章的名字。',
        },
        { en: 'chroot(…), with the directory from the command line', zh: 'chroot(…)，括号里是命令行给的那个目录' },
      ],
    },
    {
      lines: CHDIR,
      comment: {
        en: 'the child stands in its root directory, and not outside any more.',
        zh: '子进程站在自己的根目录里，不再站在外面。',
      },
      hints: [
        {
          en: 'The kernel keeps two places for each process. You have moved one of them.',
          zh: '内核给每个进程记着两个地方。你只挪了其中一个。',
        },
        {
          en: 'The other is the working directory. What is the name of the new root, for the child that has it already?',
          zh: '另一个是工作目录。子进程已经有了新的根，在它眼里，这个根叫什么名字？',
        },
        {
          en: "chdir('…'), after chroot; the path is one character long",
          zh: "chdir('…')，写在 chroot 之后；路径只有一个字符",
        },
      ],
    },
  ],
  checks: [
    runs,
    exitCodeCheck('A child that only execs'),
    failureCheck('A child in another root'),
    {
      title: { en: 'its root is the directory it was given', zh: '它的根就是给它的那个目录' },
      look: isInTheRootfs,
      why: {
        en: 'Each process has a root of its own in the kernel, and inherits it from its parent. As long as nobody changes it, / in the command is the machine’s /, with all that is in it.',
        zh: '在内核里，每个进程都有自己的根，是从父进程继承来的。没有谁去改，命令里的 / 就是机器的 /，里面的东西全在。',
      },
      see: 'sudo PROGRAM busybox /bin/ls /',
      section: 'What the kernel keeps',
      gap: 1,
      mistake: { lines: CHROOT },
    },
    climbsNowhere,
    beginsAtTheTop,
    runsNowhereElse,
    {
      title: { en: 'when the program is killed, the command ends too', zh: '程序被杀死，命令也跟着结束' },
      look: diesWithProgram('busybox'),
      why: {
        en: 'SIGKILL leaves a program no time for anything. The child has to arrange for its own end beforehand: prctl(2) with PR_SET_PDEATHSIG.',
        zh: 'SIGKILL 不给程序留一点时间。子进程得事先安排好自己的结局：prctl(2) 加 PR_SET_PDEATHSIG。',
      },
      // The command kills: $! would be npx, whose end leaves the program itself running.
      see: "sudo PROGRAM busybox /bin/sh -c 'kill -9 $PPID; exec sleep 100'; sleep 1; pgrep -fxa 'sleep 100'",
      section: 'A child in another root',
      gap: 0,
      mistake: { lines: '  dieWithParent(),' },
    },
    {
      title: { en: 'it leaves nothing behind', zh: '什么也不留下' },
      look: leavesNothing('busybox'),
      why: {
        en: 'A root is a note about a process, in the kernel, and ends with the process. What is still there afterwards was made besides.',
        zh: '根只是内核里关于一个进程的一条记录，随进程一起消失。之后还留着的东西，是另外做出来的。',
      },
      see: 'sudo PROGRAM busybox /bin/true; ls -t /tmp | head -3; mount | tail -3',
      section: 'Put your machine back',
      mistake: LEAVES_A_FILE,
    },
  ],
}

const diaryIsRead: Exercise = {
  kind: 'mend',
  name: 'diary',
  title: { en: 'Ben reads the diary again', zh: 'Ben 又读到了日记' },
  file: 'main.ts',
  task: {
    en: 'Anna wrote this program, and gives Ben a shell with it, in a root of his own. "ls /" shows him his root, and "cat /../anna/diary" finds nothing, as it should be. But when he types "ls" as soon as he is in, he sees the directory in which she started the program, and with enough "../" he has found her diary and read it out at breakfast. Once he has typed "cd /", he cannot do that any more. Find out why, and mend it.',
    zh: '这个程序是 Anna 写的，她用它给 Ben 一个 shell，根目录是他自己的。ls / 看到的是他的根，cat /../anna/diary 什么也找不到，都没有错。可是他一进去就敲 ls，看到的却是她启动程序时所在的目录；多敲几个 ../，他就找到了她的日记，早饭时还念了出来。而只要敲过一次 cd /，他就再也做不到了。找出原因，把它改好。',
  },
  gaps: [
    {
      lines: CHDIR,
      instead: "  chdir('.'), // into the root",
      hints: [
        {
          en: 'From another terminal, compare the links root and cwd in /proc/PID of his shell, before and after "cd /".',
          zh: '在另一个终端里，比一比他的 shell 的 /proc/PID 里 root 和 cwd 这两个链接，cd / 之前和之后各看一次。',
        },
        {
          en: 'Both calls are there. But where does a path that does not begin with / begin?',
          zh: '两个调用都在。可是不以 / 开头的路径，是从哪里开始的？',
        },
        {
          en: '"." is where the child stands already, outside. The new root is called "/".',
          zh: '“.” 就是子进程本来站着的地方，在外面。新的根叫“/”。',
        },
      ],
    },
  ],
  checks: [runs, { ...climbsNowhere, gap: 0 }, { ...beginsAtTheTop, gap: 0 }],
}

const cacheIsGone: Exercise = {
  kind: 'mend',
  name: 'cache',
  title: { en: 'The night the disk was missing', zh: '硬盘不在的那一夜' },
  file: 'main.ts',
  task: {
    en: 'Every night Anna’s machine starts this program with the line "main.ts /srv/anna /bin/rm -r /tmp/cache". It tidies up her root, which is on a disk of its own, and did so for years. One night the disk was not plugged in. The log says that all went well: exit code 0. But in the morning Ben, who never had anything to do with her root, misses his own /tmp/cache. Find out why, and mend it.',
    zh: '每天夜里，Anna 的机器都用“main.ts /srv/anna /bin/rm -r /tmp/cache”这一行启动这个程序，清理她的根目录。那个根目录在一块单独的硬盘上，多年来一直没出过事。有一夜硬盘没有插上。日志说一切正常，退出码是 0。可是到了早上，和她的根目录毫无关系的 Ben，发现自己的 /tmp/cache 不见了。找出原因，把它改好。',
  },
  gaps: [
    {
      lines: CHECKED,
      instead: UNCHECKED,
      hints: [
        {
          en: 'Start it with --trace and a directory that is not there, and with a command that does no harm. Which call fails, and what does the child do next?',
          zh: '加上 --trace，给它一个不存在的目录和一条无害的命令。哪个调用失败了？子进程接着做了什么？',
        },
        {
          en: 'In the programs of this chapter a step that fails ends the child. One step here does not.',
          zh: '在本章的程序里，一步失败，子进程就停。这里有一步不是这样。',
        },
        {
          en: 'ignoreFailure(…) lets the child go on. chroot must not be wrapped in it.',
          zh: 'ignoreFailure(…) 会让子进程照样往下走。chroot 不能包在它里面。',
        },
      ],
    },
  ],
  checks: [runs, { ...runsNowhereElse, gap: 0 }],
}

const twoNotes: Exercise = {
  kind: 'predict',
  name: 'two-notes',
  title: { en: 'One link, two readers', zh: '一个链接，两个读者' },
  command: [
    'echo host >/tmp/whose; echo anna >busybox/tmp/whose; ln -s /tmp/whose busybox/tmp/link',
    'PROGRAM busybox /bin/cat /tmp/link',
    'cat busybox/tmp/link',
    'rm /tmp/whose busybox/tmp/whose busybox/tmp/link',
  ].join('\n'),
  showsOutput: false,
  question: {
    en: 'There are two files called /tmp/whose, one on the machine and one in the root busybox. In that root is a symbolic link to /tmp/whose. It is read twice: from inside, then from outside. What do the two cat print? Type both words, with a space between them.',
    zh: '叫作 /tmp/whose 的文件有两个，一个在机器上，一个在 busybox 这个根目录里。那个根目录里还有一个指向 /tmp/whose 的符号链接。它被读了两次：先从里面读，再从外面读。两个 cat 各打印什么？输入这两个词，中间空一格。',
  },
  isRight: (answer, output) => answer.split(/\s+/).join(' ') === output.trim().split('\n').join(' '),
  examples: { right: ['anna host', ' Anna   host '], wrong: ['host anna', 'anna anna', 'host host', 'anna', ''] },
  answer: {
    en: 'A path that begins with / begins at the root of whoever looks it up, and so does the path in a link. The link is one file, and each of the two follows it from a root of their own.',
    zh: '以 / 开头的路径，从查找它的进程的根开始；链接里写的路径也一样。链接只有一个，可是两边各从自己的根出发。',
  },
  hints: [
    {
      en: 'A link holds nothing but a path. Who looks that path up?',
      zh: '链接里只有一条路径。是谁去查找这条路径？',
    },
    {
      en: 'For the first cat / is busybox. For the second it is the machine’s.',
      zh: '对第一个 cat 来说，/ 是 busybox；对第二个来说，是机器的根。',
    },
    {
      en: 'The first cat is inside, and reads what was written to busybox/tmp/whose.',
      zh: '第一个 cat 在里面，读到的是写进 busybox/tmp/whose 的那个词。',
    },
  ],
  section: 'What the kernel keeps',
}

const whichFile: Exercise = {
  kind: 'trace',
  name: 'which-file',
  title: { en: 'Which file is missing?', zh: '缺的是哪个文件？' },
  command: [
    'mkdir -p /tmp/skdocker/bare/bin; cp "$(command -v bash)" /tmp/skdocker/bare/bin/bash',
    "PROGRAM --trace /tmp/skdocker/bare /bin/bash 2>&1 | grep -E '\\] (chroot|chdir|execve|faccessat)\\('",
    'rm -r /tmp/skdocker/bare',
  ].join('\n'),
  showsOutput: true,
  question: {
    en: 'Anna has copied bash into her root, and execve says that there is no such file. faccessat asks whether a file is there, and 0 means yes. So what is it that is missing? Type what it is called; one word will do.',
    zh: 'Anna 把 bash 复制进了自己的根目录，execve 却说没有这个文件。faccessat 问的是文件在不在，返回 0 就是在。那么缺的到底是什么？输入它叫什么，一个词就够。',
  },
  isRight: answer => /interpreter|loader|\bld[-.]|\bld\b|解释器|加载器/.test(answer),
  examples: {
    right: [
      'loader',
      'the dynamic loader',
      'Interpreter',
      '/lib64/ld-linux-x86-64.so.2',
      'ld.so',
      '加载器',
      '动态加载器',
      '解释器',
    ],
    wrong: ['bash', '/bin/bash', 'libc.so.6', 'execve', 'chroot', ''],
  },
  answer: {
    en: 'bash is linked dynamically. Its header names an interpreter, the dynamic loader, and the kernel opens that as well, in the new root. There is none, and the word for that is the same ENOENT.',
    zh: 'bash 是动态链接的。它的文件头里写着一个解释器，也就是动态加载器，内核也要在新的根里打开它。那里没有，于是报的是同一个 ENOENT。',
  },
  hints: [
    {
      en: 'To start bash the kernel opens two files. faccessat was asked about one of them.',
      zh: '要启动 bash，内核得打开两个文件。faccessat 问的只是其中一个。',
    },
    {
      en: 'file(1) names the other one, at the end of the line about bash.',
      zh: 'file(1) 在讲 bash 的那一行里，写出了另一个的名字。',
    },
    {
      en: 'It loads the libraries, and is called after that.',
      zh: '它负责把库加载进来，名字也由此而来。',
    },
  ],
  section: 'A file that is not alone',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, diaryIsRead, cacheIsGone, twoNotes, whichFile]
