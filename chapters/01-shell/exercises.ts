/** The exercises of this chapter: what a reader writes, predicts and reads, and what must then be so. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Exercise, type Look, must, type ProgramExercise } from '#runner/exercises/exercise.ts'
import type { Ended, LabProcess } from '#runner/exercises/lab-process.ts'
import { quoted, unknownWord } from '#runner/exercises/looks.ts'
import { eventually, howItEnded, type Trial } from '#runner/exercises/trial.ts'
import { status } from '#runner/probe/process-facts.ts'
import { children, isAlive, readProcess, startedBy } from '#runner/probe/processes.ts'
import { scale } from '#runner/scale.ts'

const MOMENT = 5000 * scale // ms for lines that are done at once, and for what starts the shell
const PAUSE = 100 // ms

/** The scripts that the checks have a shell run: no line of a check needs quotes. */
const SCRIPTS = {
  late: 'sleep 0.3; echo "$@"',
  seven: 'exit 7',
  got: 'read -r line; echo "got $line"',
  parent: 'echo "$PPID"',
  // It says the second word only once the reader has answered to the first.
  ask: 'rm -f "$1"; echo one; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e "$1" ] && echo two && exit; sleep 0.1; done',
  answer: 'read -r one; : >"$1"; read -r two; echo "$one $two"',
}

type Script = keyof typeof SCRIPTS

/** The directory with the scripts, which is made for the first check that needs it. */
const scripts = async (trial: Trial): Promise<string> => {
  const directory = `${trial.scratch}/shell-check`
  const names = Object.keys(SCRIPTS) as Script[]
  const put = 'mkdir -p "$1"; cd "$1"; shift; while [ $# -gt 0 ]; do printf "%s\\n" "$2" >"$1"; shift 2; done'
  await trial.onHost(put, [directory, ...names.flatMap(name => [name, SCRIPTS[name]])])
  return directory
}

/** Has the shell read lines to their end. */
const type = (trial: Trial, ...lines: readonly string[]): Promise<Ended> =>
  trial.run([], { input: lines.map(line => `${line}\n`).join(''), timeout: MOMENT })

/** Throws NotSo unless the lines make this output. */
const mustWrite = async (trial: Trial, lines: readonly string[], expected: string): Promise<void> => {
  const ended = await type(trial, ...lines)
  const { en, zh } = howItEnded(ended)
  must(ended.stdout === expected && !ended.timedOut, {
    en: `${lines.map(quoted).join(', then ')} was to write ${quoted(expected)}; stdout was ${quoted(ended.stdout)}, and of the shell: ${en}`,
    zh: `${lines.map(quoted).join('，再 ')} 应当写出 ${quoted(expected)}；实际的标准输出是 ${quoted(ended.stdout)}，shell ${zh}`,
  })
}

/** Throws NotSo unless the shell ends with this exit code. */
const mustEndWith = (ended: Ended, line: string, code: number): void => {
  const { en, zh } = howItEnded(ended)
  must(ended.code === code, {
    en: `the last line was ${quoted(line)}, which ends with ${code}; of the shell: ${en}`,
    zh: `最后一行是 ${quoted(line)}，它的退出码是 ${code}；shell ${zh}`,
  })
}

const runsACommand: Look = async trial => {
  const said = unknownWord()
  await mustWrite(trial, [`echo ${said}`], `${said}\n`)
}

const argumentsArrive: Look = async trial => {
  const [one, two] = [unknownWord(), unknownWord()]
  await mustWrite(trial, [`printf %s, ${one}  ${two} end`], `${one},${two},end,`)
}

const runsEachLine: Look = async trial => {
  const [one, two, three] = [unknownWord(), unknownWord(), unknownWord()]
  const ended = await type(trial, `echo ${one}`, '', `echo ${two}`, `echo ${three}`)
  const seen = ended.stdout.split('\n').filter(Boolean).sort()
  must(seen.join() === [one, two, three].sort().join() && !ended.timedOut, {
    en: `three lines with "echo" were typed; stdout was ${quoted(ended.stdout)}`,
    zh: `输入了三行 echo；标准输出是 ${quoted(ended.stdout)}`,
  })
}

const oneAfterAnother: Look = async trial => {
  const [directory, one, two] = [await scripts(trial), unknownWord(), unknownWord()]
  await mustWrite(trial, [`sh ${directory}/late ${one}`, `echo ${two}`], `${one}\n${two}\n`)
}

const lastCodeIsItsOwn: Look = async trial => {
  const line = `sh ${await scripts(trial)}/seven`
  mustEndWith(await type(trial, 'true', line), line, 7)
  mustEndWith(await type(trial, line, 'true'), 'true', 0)
}

const NOT_THERE = '/no/such/command'

const notFoundIs127: Look = async trial => {
  const ended = await type(trial, NOT_THERE)
  mustEndWith(ended, NOT_THERE, 127)
  must(ended.stderr !== '', {
    en: `${NOT_THERE} is not there, and nothing on stderr says so`,
    zh: `${NOT_THERE} 并不存在，标准错误上却什么也没有说`,
  })
  const said = unknownWord()
  await mustWrite(trial, [NOT_THERE, `echo ${said}`], `${said}\n`)
}

const cdChangesTheShell: Look = async trial => {
  const directory = await scripts(trial)
  await mustWrite(trial, ['cd /', 'pwd', `cd ${directory}`, '/bin/pwd'], `/\n${directory}\n`)
}

const pipeConnects: Look = async trial => {
  const [directory, said] = [await scripts(trial), unknownWord()]
  await mustWrite(trial, [`echo ${said} | sh ${directory}/got | sh ${directory}/got`], `got got ${said}\n`)
}

const runsAtTheSameTime: Look = async trial => {
  const directory = await scripts(trial)
  const [ask, answer, sign] = [`${directory}/ask`, `${directory}/answer`, `${directory}/sign`]
  await mustWrite(trial, [`sh ${ask} ${sign} | sh ${answer} ${sign}`], 'one two\n')
}

const pipeEnds: Look = async trial => {
  await mustWrite(trial, ['yes | head -n 1'], 'y\n')
  await mustWrite(trial, ['echo one | cat | cat'], 'one\n')
}

const redirects: Look = async trial => {
  const [directory, one, two] = [await scripts(trial), unknownWord(), unknownWord()]
  const file = `${directory}/file`
  const lines = [`echo lost >${file}`, `echo ${one} >${file}`, `echo ${two} >>${file}`, `cat <${file}`]
  await mustWrite(trial, lines, `${one}\n${two}\n`)
}

/** Types lines, and looks at the running shell. */
const withShell = async (trial: Trial, act: (shell: LabProcess) => Promise<void>): Promise<void> => {
  const shell = trial.start([])
  try {
    await act(shell)
  } finally {
    shell.endInput()
    await shell.exit(MOMENT)
  }
}

const backgroundGoesOn: Look = async trial => {
  const said = unknownWord()
  await withShell(trial, async shell => {
    shell.write(`sleep 4321 &\necho ${said}\n`)
    const isSaid = await eventually(() => (shell.stdout.includes(said) ? true : undefined), MOMENT)
    const sleeps = startedBy(shell.pid).find(({ comm, pid }) => comm === 'sleep' && isAlive(pid))
    if (sleeps) process.kill(sleeps.pid, 'SIGKILL')
    must(isSaid === true, {
      en: '"sleep 4321 &" was typed, then "echo"; some seconds later the echo had not run',
      zh: '输入了“sleep 4321 &”，再输入 echo；过了好几秒，echo 还没有运行',
    })
    must(sleeps !== undefined, {
      en: 'while the next line ran, no process "sleep" was to be found below the shell',
      zh: '下一行运行的时候，shell 下面找不到 sleep 进程',
    })
  })
}

/** The shell itself, not what started it: the parent of its commands. */
const shellProcess = async (shell: LabProcess, directory: string): Promise<number> => {
  shell.write(`sh ${directory}/parent\n`)
  const number = await eventually(() => /^(\d+)\n/.exec(shell.stdout)?.[1], MOMENT)
  const isIt = (pid: number): boolean =>
    readProcess(pid) !== undefined && status(pid).NSpid?.split('\t').at(-1) === number
  const found = [shell.pid, ...startedBy(shell.pid).map(({ pid }) => pid)].find(isIt)
  must(found !== undefined, {
    en: `a command of the shell says that its parent is process ${number}, which is not there`,
    zh: `shell 的命令说父进程是 ${number}，可是没有这个进程`,
  })
  return found
}

const waitsForAll: Look = async trial => {
  const directory = await scripts(trial)
  await withShell(trial, async shell => {
    const pid = await shellProcess(shell, directory)
    shell.write('true\ntrue | true\nsleep 0 &\nsleep 0 | sleep 0 &\necho typed\n')
    await eventually(() => (shell.stdout.includes('typed') ? true : undefined), MOMENT)
    const left = (): string[] => children(pid).map(({ pid, comm, state }) => `${pid} (${comm}) ${state}`)
    // Some shells fetch what has ended in the background when they next wait for a command.
    for (const limit = performance.now() + MOMENT / 2; left().length > 0 && performance.now() < limit; ) {
      shell.write(`sh ${directory}/parent\n`)
      await sleep(PAUSE)
    }
    must(left().length === 0, {
      en: `all commands have ended; /proc/PID/stat of the shell's children still has: ${left().join(', ')}`,
      zh: `命令都结束了；shell 的子进程在 /proc/PID/stat 里还有：${left().join('、')}`,
    })
  })
}

const DUP2 = `        dup2(pipes[index - 1]?.[0] ?? 0, 0),
        dup2(pipes[index]?.[1] ?? 1, 1),
        ...pipes.flat().map(close), // a pipe ends when nobody can write to it any more`

const CLONE = `        ...commandSteps(command, status),
      ]
      pids.push(clone(child, SIGCHLD))`

const CLOSE = '    for (const end of pipes.flat()) libc.close(end)'
const START = '    if (!runBuiltin(pipeline, status)) startCommands(pipeline, pids)'
const WAIT = '  const job = await (pipeline.background ? leaveInBackground(pids) : waitInForeground(pids))'
const LOOP = "else for (let line = await readLine(); line !== ''; line = await readLine()) await runLine(line)"

const [PIPES, CHILD, ENDS, BUILTIN, WAITING, LINES] = [0, 1, 2, 3, 4, 5]

const gaps: ProgramExercise['gaps'] = [
  {
    lines: DUP2,
    comment: {
      en: 'the child reads (0) from the pipe before its command and writes (1) to the pipe behind it, where there is one; no other end of a pipe is open in it.',
      zh: '如果命令前面有管道，子进程的标准输入（0）就是那根管道；后面有管道，标准输出（1）就是后面那根。除此之外，子进程里没有打开的管道端。',
    },
    hints: [
      {
        en: 'pipes[0] stands between the commands 0 and 1, pipes[1] between 1 and 2. Each has two ends: [reading, writing].',
        zh: 'pipes[0] 在第 0 个和第 1 个命令之间，pipes[1] 在第 1 个和第 2 个之间。每根有两端：[读端, 写端]。',
      },
      {
        en: 'dup2(a, b) makes b another name for what is open as a. The first command has no pipe before it, and keeps 0; the last keeps 1.',
        zh: 'dup2(a, b) 让 b 成为 a 所打开的东西的另一个名字。第一个命令前面没有管道，保留 0；最后一个保留 1。',
      },
      {
        en: 'dup2(pipes[index - 1]?.[0] ?? 0, 0), the same for [1] of pipes[index], and then ...pipes.flat().map(close)',
        zh: 'dup2(pipes[index - 1]?.[0] ?? 0, 0)，对 pipes[index] 的 [1] 也这样写，再加上 ...pipes.flat().map(close)',
      },
    ],
  },
  {
    lines: CLONE,
    instead: `      ]
      void child`,
    comment: {
      en: 'the child becomes its command. There is such a child, and its number is in pids.',
      zh: '子进程变成它的命令。真的有了这样一个子进程，它的进程号在 pids 里。',
    },
    hints: [
      {
        en: 'Two things are missing: the rest of the list, and somebody who makes a process that goes through it.',
        zh: '缺两样东西：清单剩下的部分，以及造出一个进程、让它照清单去做的调用。',
      },
      {
        en: 'commandSteps(command, status) gives the rest of the list; clone(list, SIGCHLD) makes the process, and returns its number.',
        zh: 'commandSteps(command, status) 给出清单剩下的部分；clone(清单, SIGCHLD) 造出进程，返回它的进程号。',
      },
      {
        en: '...commandSteps(command, status) before the bracket closes; after it pids.push(clone(…, SIGCHLD)) in the place of void child',
        zh: '方括号结束之前写 ...commandSteps(command, status)；之后把 void child 换成 pids.push(clone(…, SIGCHLD))',
      },
    ],
  },
  {
    lines: CLOSE,
    comment: {
      en: 'the shell itself holds no end of a pipe any more.',
      zh: 'shell 自己不再拿着任何管道端。',
    },
    hints: [
      {
        en: 'A reader sees the end of a pipe when nobody has its writing end any more. The shell is somebody, too.',
        zh: '再也没有人拿着写端，读的一方才会读到管道的末尾。shell 也是“人”。',
      },
      {
        en: 'The children have copies of the ends. The shell needs none of its own: libc.close(number) closes one.',
        zh: '子进程都有了这些端的副本，shell 自己一个也不需要：libc.close(号码) 关闭一个。',
      },
      {
        en: 'pipes.flat() has the numbers of all ends: for (const end of …) libc.close(…)',
        zh: 'pipes.flat() 里是所有端的号码：for (const end of …) libc.close(…)',
      },
    ],
  },
  {
    lines: START,
    instead: '    startCommands(pipeline, pids)',
    comment: {
      en: 'what the shell has to do itself, it does itself; only for the rest it makes children.',
      zh: '该由 shell 自己做的，shell 自己做；其余的才造子进程。',
    },
    hints: [
      {
        en: 'A child that changes its working directory changes its own. Who has to call chdir(2), so that the next line notices?',
        zh: '子进程改工作目录，改的是它自己的。要让下一行也看到，该由谁来调用 chdir(2)？',
      },
      {
        en: 'lib/builtins.ts knows cd and exit. runBuiltin(pipeline, status) does what is one of them, and says whether it was.',
        zh: 'lib/builtins.ts 认识 cd 和 exit。runBuiltin(pipeline, status) 遇到它们就直接做掉，并返回是不是它们。',
      },
      {
        en: 'if (!runBuiltin(pipeline, status)) before startCommands(…)',
        zh: '在 startCommands(…) 前面加上 if (!runBuiltin(pipeline, status))',
      },
    ],
  },
  {
    lines: WAIT,
    instead: '  const job = { status: 0, signal: undefined }',
    comment: {
      en: 'all children of a pipeline in the foreground have ended, and job.status is that of the last. Those in the background run on, and somebody will wait for them.',
      zh: '前台管道的子进程都已经结束，job.status 是最后一个的退出码。后台的继续运行，将来也有人等它们。',
    },
    hints: [
      {
        en: 'job.ts has a function for each of the two cases. pipeline.background tells which it is.',
        zh: '两种情况在 job.ts 里各有一个函数。是哪种情况，看 pipeline.background。',
      },
      {
        en: 'waitInForeground(pids) waits for all; leaveInBackground(pids) returns at once, and takes the zombies away later. Both want an await.',
        zh: 'waitInForeground(pids) 等到全部结束；leaveInBackground(pids) 马上返回，以后再收走僵尸进程。两个都要 await。',
      },
      {
        en: 'const job = await (pipeline.background ? leaveInBackground(pids) : …)',
        zh: 'const job = await (pipeline.background ? leaveInBackground(pids) : …)',
      },
    ],
  },
  {
    lines: LOOP,
    instead: 'else await runLine(await readLine())',
    comment: {
      en: 'every line of the input has been run, one after another.',
      zh: '输入的每一行都已经依次运行过。',
    },
    hints: [
      {
        en: 'The program reads one line, runs it, and ends. A shell goes on until there is nothing left to read.',
        zh: '程序读一行，运行它，然后就结束了。shell 应该一直读到没有东西可读。',
      },
      {
        en: "readLine() returns a line with its newline, so an empty line is '\\n'. At the end of the input it returns ''.",
        zh: "readLine() 返回的一行带着换行符，所以空行是 '\\n'。输入结束时它返回 ''。",
      },
      {
        en: "for (let line = await readLine(); line !== ''; line = await readLine()) …",
        zh: "for (let line = await readLine(); line !== ''; line = await readLine()) …",
      },
    ],
  },
]

const checks: ProgramExercise['checks'] = [
  {
    title: { en: 'a command runs, and what it writes comes out', zh: '一个命令能运行，它的输出能看到' },
    look: runsACommand,
    why: {
      en: 'The shell makes a child, and the child becomes the command. Its output needs no help: the child has the same open files as the shell.',
      zh: 'shell 造一个子进程，子进程变成那个命令。输出不用操心：子进程打开的文件和 shell 的一样。',
    },
    see: 'echo "echo hello" | PROGRAM',
    section: 'A child that is a list',
    gap: CHILD,
    mistake: {
      lines: CLONE,
      instead: CLONE.replace('command, status', "{ ...command, words: [['true']] }, status"),
    },
  },
  {
    title: { en: 'all of its arguments arrive', zh: '所有参数都能传到' },
    look: argumentsArrive,
    why: {
      en: 'execve(2) takes a list of words. The blanks between them have done their work when the line is read, and no word may be lost.',
      zh: 'execve(2) 拿到的是一个个词。词与词之间的空格，在拆这一行的时候就已经用完了，但是词一个也不能少。',
    },
    see: "echo 'printf %s, one  two three' | PROGRAM",
    section: 'The original, in C',
    mistake: {
      lines: CLONE,
      instead: CLONE.replace('command, status', '{ ...command, words: command.words.slice(0, 2) }, status'),
    },
  },
  {
    title: { en: 'it runs every line, up to the end of the input', zh: '每一行都运行，直到输入结束' },
    look: runsEachLine,
    why: {
      en: 'A shell is a loop: read a line, run it, wait, and again. An empty line is not the end; the end of the input is.',
      zh: 'shell 就是一个循环：读一行，运行它，等它结束，再来一次。空行不是结束，输入没有了才是结束。',
    },
    see: "printf 'echo one\\n\\necho two\\n' | PROGRAM",
    section: 'A child that is a list',
    gap: LINES,
    mistake: { lines: LOOP, instead: 'else await runLine(await readLine())' },
  },
  {
    title: { en: 'a line begins when the one before has ended', zh: '前一行结束了，下一行才开始' },
    look: oneAfterAnother,
    why: {
      en: 'The child runs by itself as soon as it is there. The shell must wait for it, or the next command comes too early.',
      zh: '子进程一出来就自己跑起来了。shell 必须等它，否则下一个命令就来得太早。',
    },
    see: "printf 'sleep 1\\necho late\\n' | PROGRAM",
    section: 'Four calls and a gap',
    gap: WAITING,
    mistake: { lines: WAIT, instead: '  const job = { status: 0, signal: undefined }' },
  },
  {
    title: { en: 'its exit code is that of the last command', zh: '它的退出码就是最后一个命令的退出码' },
    look: lastCodeIsItsOwn,
    why: {
      en: 'A command leaves a number. wait(2) fetches it, and whoever has started the shell wants to know it too.',
      zh: '命令结束时留下一个数。wait(2) 把它取来，而启动 shell 的人也想知道它。',
    },
    see: "echo 'ls /nowhere' | PROGRAM; echo $?",
    section: 'The number that is left',
    gap: WAITING,
    mistake: { lines: '  status = failure || job.status', instead: '  status = failure' },
  },
  {
    title: {
      en: 'a command that is not there is 127, and the shell goes on',
      zh: '命令不存在是 127，shell 继续运行',
    },
    look: notFoundIs127,
    why: {
      en: 'If execve(2) fails, the child still runs the shell’s program. It has to say so and end with 127, and the shell itself has lost nothing.',
      zh: 'execve(2) 失败了，子进程里跑的还是 shell 的程序。它得报告这件事，并以 127 结束；shell 自己什么也没有损失。',
    },
    see: "printf '/no/such/command\\necho on\\n' | PROGRAM; echo /no/such/command | PROGRAM; echo $?",
    section: 'Try it',
    mistake: {
      lines: '  status = failure || job.status',
      instead: '  status = failure || job.status\n  if (status === 127) process.exit(status)',
    },
  },
  {
    title: { en: 'cd changes the shell itself', zh: 'cd 改变的是 shell 自己' },
    look: cdChangesTheShell,
    why: {
      en: 'The working directory belongs to a process. A child that changes it changes its own, and then it ends.',
      zh: '工作目录是每个进程自己的。子进程去改，改的是它自己的，然后它就结束了。',
    },
    see: "printf 'cd /\\npwd\\n' | PROGRAM",
    section: 'Try it',
    gap: BUILTIN,
    mistake: { lines: START, instead: '    startCommands(pipeline, pids)' },
  },
  {
    title: { en: 'what one command writes, the next one reads', zh: '前一个命令写出的，后一个命令读到' },
    look: pipeConnects,
    why: {
      en: 'A pipe has a writing end and a reading end. The one becomes number 1 of a child, the other number 0 of the next, in the gap before execve.',
      zh: '管道有写端和读端。在 execve 之前的那道缝里，写端成为一个子进程的 1 号，读端成为下一个子进程的 0 号。',
    },
    see: "echo 'echo hello | tr a-z A-Z | rev' | PROGRAM",
    section: 'A child that is a list',
    gap: PIPES,
    mistake: { lines: DUP2, instead: DUP2.replace(/^.*\n/, '') },
  },
  {
    title: { en: 'the commands of a pipeline run at the same time', zh: '一条管道里的命令同时运行' },
    look: runsAtTheSameTime,
    why: {
      en: 'A pipe holds some pages and no more. Were the second command to begin when the first has ended, a first that writes much would wait for ever. So start all, and only then wait.',
      zh: '管道只装得下几页数据。如果第一个命令结束了第二个才开始，写得多的第一个命令就会永远等下去。所以先全部启动，再一起等。',
    },
    see: "echo 'seq 1000000 | tail -n 1' | PROGRAM",
    section: 'A child that is a list',
    mistake: {
      lines: CLONE,
      instead: `${CLONE}
      const stat = \`/proc/\${pids.at(-1)}/stat\`
      while (!pipeline.background && !process.getBuiltinModule('node:fs').readFileSync(stat, 'utf8').includes(') Z ')) {}`,
    },
  },
  {
    title: { en: 'a pipe ends: “yes | head -n 1” does, too', zh: '管道会结束，“yes | head -n 1”也会' },
    look: pipeEnds,
    why: {
      en: 'A reader waits as long as anybody has the writing end open, and a writer is stopped only when nobody has the reading end. Whoever holds an end without use keeps the pipe alive, also the shell.',
      zh: '只要还有谁开着写端，读的一方就会等；要等到谁也没有开着读端，写的一方才会被终止。白拿着一端不用，管道就一直不结束，哪怕拿着的是 shell 自己。',
    },
    see: "echo 'yes | head -n 1' | PROGRAM     # Ctrl-C, if it does not end",
    section: 'A child that is a list',
    gap: ENDS,
    mistake: { lines: CLOSE, instead: '' },
  },
  {
    title: { en: 'it opens the files of >, >> and <', zh: '它替命令打开 >、>> 和 < 后面的文件' },
    look: redirects,
    why: {
      en: 'The child closes its output and opens a file, and the file gets the number that is free. The command writes to number 1 as ever, and does not know.',
      zh: '子进程关掉自己的输出，打开一个文件，文件就得到空出来的号码。命令照旧往 1 号写，什么也不知道。',
    },
    see: "printf 'echo one >/tmp/file\\necho two >>/tmp/file\\ncat </tmp/file\\n' | PROGRAM; rm /tmp/file",
    section: 'A child that is a list',
    mistake: {
      lines: CLONE,
      instead: CLONE.replace('command, status', '{ ...command, redirections: [] }, status'),
    },
  },
  {
    title: { en: 'with & the shell does not wait', zh: '加上 &，shell 就不等' },
    look: backgroundGoesOn,
    why: {
      en: 'The child runs whether or not anybody waits. In the background, the shell reads the next line at once.',
      zh: '有没有人等，子进程都照样运行。命令在后台的时候，shell 马上读下一行。',
    },
    see: "printf 'sleep 2 &\\necho at once\\n' | PROGRAM",
    section: 'The files',
    gap: WAITING,
    mistake: { lines: WAIT, instead: '  const job = await waitInForeground(pids)' },
  },
  {
    title: { en: 'it waits for every child, and leaves no zombie', zh: '每个子进程它都等，一个僵尸进程也不留' },
    look: waitsForAll,
    why: {
      en: 'Whoever has ended stays in the list until the parent has fetched its number: each command of a pipeline, and those in the background when their time has come.',
      zh: '结束了的进程会留在进程表里，直到父进程取走它的退出码：管道里的每个命令都是这样，后台的命令到时候也是。',
    },
    see: "(printf 'sleep 0 &\\n'; sleep 6) | PROGRAM & sleep 4; ps -e -o stat,args | grep '^[Z]'",
    section: 'The number that is left',
    gap: WAITING,
    mistake: {
      lines: WAIT,
      instead:
        '  const job = pipeline.background ? { status: 0, signal: undefined } : await waitInForeground(pids)',
    },
  },
]

const main: ProgramExercise = {
  kind: 'write',
  name: 'main',
  title: { en: 'A shell', zh: '一个 shell' },
  needsRoot: false,
  file: 'main.ts',
  sample: ['-c', '/bin/true'],
  task: {
    en: 'A shell reads a line, makes a child for each command in it, and waits. This one can take a line apart already, but it makes no child, waits for nobody, and stops after one line. The checks type lines into its input, and look at its output, its exit code and its children.',
    zh: 'shell 读一行，为其中每个命令造一个子进程，然后等它们结束。这个程序已经会拆开一行，可是它不造子进程，也不等谁，读完一行就停了。检查时会往它的输入里送命令，看它的输出、退出码和子进程。',
  },
  gaps,
  checks,
}

const whereIsIt: Exercise = {
  kind: 'predict',
  name: 'cd-in-a-pipe',
  title: { en: 'Where is it now?', zh: '现在在哪个目录？' },
  needsRoot: false,
  command: "PROGRAM -c 'cd /; cd /tmp | cat; pwd'",
  showsOutput: false,
  question: {
    en: 'The second cd stands in a pipeline, where each command is a child. Which directory does pwd write?',
    zh: '第二个 cd 在管道里，而管道里的每个命令都是子进程。pwd 会写出哪个目录？',
  },
  isRight: (answer, output) => answer === output.trim(),
  examples: { right: ['/', ' / '], wrong: ['/tmp', ''] },
  answer: {
    en: 'The child went to /tmp and ended there. Nobody has moved the shell since its own cd /. bash does the same.',
    zh: '子进程去了 /tmp，然后在那里结束。shell 自己做完 cd / 之后，谁也没有动过它。bash 也是这样。',
  },
  hints: [
    { en: 'Whose working directory does the second cd change?', zh: '第二个 cd 改的是谁的工作目录？' },
    { en: 'Each command of a pipeline is a process of its own.', zh: '管道里的每个命令都是一个单独的进程。' },
    {
      en: 'The shell itself was told once only where to go: by the first cd.',
      zh: 'shell 自己只被告知过一次该去哪里：第一个 cd。',
    },
  ],
  section: 'Try it',
}

const whatIsMissing: Exercise = {
  kind: 'trace',
  name: 'never-called',
  title: { en: 'What was never called?', zh: '哪个调用没有发生？' },
  needsRoot: false,
  command:
    "PROGRAM --trace -c 'cat </nowhere' 2>&1 | grep -e '] clone' -e '] close(0' -e '] open' -e '] exec' -e '] waitpid' -e exited",
  showsOutput: true,
  question: {
    en: 'cat usually says itself which file it cannot open. This time it has not said a word. Which system call was never made, that would have made cat of the child? Type its name.',
    zh: '哪个文件打不开，cat 平时自己会说。这次它一句话也没有。是哪个系统调用没有发生，所以子进程没有变成 cat？输入它的名字。',
  },
  isRight: answer => /^execve(\(2\)|\(\))?$|^exec$/.test(answer),
  examples: { right: ['execve', 'execve(2)', 'exec'], wrong: ['open', 'clone', 'cat', ''] },
  answer: {
    en: 'The child was to open the file as its number 0, and could not. A step that fails ends the child, so it never came to execve: there has been no cat at all, and it is the shell that reports the error.',
    zh: '子进程本来要把文件打开成自己的 0 号，没有成功。一步失败，子进程就结束，所以没有走到 execve：cat 根本没有出现过，报告错误的是 shell。',
  },
  hints: [
    {
      en: 'Two processes make these calls. Follow the child: the number that clone returned.',
      zh: '这些调用来自两个进程。跟着子进程看：clone 返回的那个号码。',
    },
    {
      en: 'Which call of the child is the last, and what did it return?',
      zh: '子进程的最后一个调用是哪个？它返回了什么？',
    },
    {
      en: 'It is the second of the four calls of a life, which puts another program into a process.',
      zh: '一生四个调用中的第二个：把另一个程序放进进程里的那个。',
    },
  ],
  section: 'Four calls and a gap',
}

/** In order: the chapter's own program first. */
export const exercises: readonly Exercise[] = [main, whereIsIt, whatIsMissing]
