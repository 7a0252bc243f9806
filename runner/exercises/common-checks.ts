/** Checks that begin the exercises of chapters 02 to 04, whose programs end in the same lines. */

import type { Change, Check } from './exercise.ts'
import { commandRuns, exitCodeArrives, failureIsTold } from './looks.ts'

const ROOTFS = 'busybox'
const EXEC = '  exec(command),'
const WAIT = 'process.exitCode = await exitCode(pid)'

/** A mistake that leaves a file on the machine. */
export const LEAVES_A_FILE: Change = {
  lines: WAIT,
  instead: `${WAIT}\n;(await import('node:fs')).writeFileSync('/tmp/left-' + pid, '')`,
}

/** @param section of the chapter, to be read again */
export const commandRunsCheck = (section: string): Check => ({
  title: { en: 'the command runs, and what it writes comes out', zh: '命令能运行，它的输出能看到' },
  look: commandRuns(ROOTFS),
  why: {
    en: 'The program clones a child, the child takes the steps of its list, and exec turns it into the command. That chain has broken somewhere. If the program has said something, it says where.',
    zh: '程序克隆出一个子进程，子进程照着列表一步步做，最后用 exec 变成那个命令。这条链在某处断了。要是程序说了什么，就知道断在哪里。',
  },
  see: 'sudo PROGRAM busybox /bin/echo hello',
  section,
  mistake: { lines: EXEC, instead: "  exec(['/bin/true'])," },
})

/** @param section of the chapter, to be read again */
export const exitCodeCheck = (section: string): Check => ({
  title: { en: 'its exit code becomes the program’s', zh: '命令的退出码就是程序的退出码' },
  look: exitCodeArrives(ROOTFS),
  why: {
    en: 'Whoever calls the program wants to know how the command ended. The parent waits for the child, and ends with the same code.',
    zh: '调用这个程序的人想知道命令是怎么结束的。父进程等子进程结束，再用同一个退出码结束自己。',
  },
  see: 'sudo PROGRAM busybox /bin/sh -c "exit 42"; echo $?',
  section,
  mistake: { lines: WAIT, instead: 'await exitCode(pid)' },
})

/** @param section of the chapter, to be read again */
export const failureCheck = (section: string): Check => ({
  title: { en: 'a command that is not there is an error', zh: '命令不存在就是错误' },
  look: failureIsTold(ROOTFS),
  why: {
    en: 'When exec fails, nothing must run in its place, and whoever called the program must hear of it.',
    zh: 'exec 失败时，不能换别的东西来运行，而且必须让调用者知道。',
  },
  see: 'sudo PROGRAM busybox /bin/no-such-command; echo $?',
  section,
  mistake: {
    lines: EXEC,
    instead: "  exec(command[0] === '/bin/no-such-command' ? ['/bin/true'] : command),",
  },
})
