/** Looks that several chapters' checks share: what a container does, as the kernel tells it. */

import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { leftovers, takePicture } from '../lab/lab-picture.ts'
import { namespaces, status } from '../probe/process-facts.ts'
import { isAlive, readProcess } from '../probe/processes.ts'
import { scale } from '../scale.ts'
import { type Look, must, type Words } from './exercise.ts'
import { eventually, howItEnded } from './trial.ts'

/** A text as it is shown in what was seen, cut where it is long. */
export const quoted = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)

/** A word that a program cannot know before. */
export const unknownWord = (begin = 'word'): string => `${begin}-${Math.random().toString(36).slice(2, 8)}`

/** A command of the root filesystem runs, and what it writes comes out. */
export const commandRuns =
  (...args: readonly string[]): Look =>
  async trial => {
    const word = unknownWord('hello')
    const ended = await trial.run([...args, '/bin/echo', word])
    const { en, zh } = howItEnded(ended)
    must(ended.code === 0 && ended.stdout === `${word}\n`, {
      en: `"/bin/echo ${word}" was to write ${word} and end with 0; stdout was ${quoted(ended.stdout)}, and ${en}`,
      zh: `“/bin/echo ${word}”应当写出 ${word} 并以 0 结束；实际的标准输出是 ${quoted(ended.stdout)}，${zh}`,
    })
  }

/** The program ends with the exit code of the command. */
export const exitCodeArrives =
  (...args: readonly string[]): Look =>
  async trial => {
    const ended = await trial.run([...args, '/bin/sh', '-c', 'exit 42'])
    const { en, zh } = howItEnded(ended)
    must(ended.code === 42, {
      en: `the command "exit 42" was run, and of the program: ${en}`,
      zh: `运行的命令是“exit 42”，而程序本身：${zh}`,
    })
  }

/** What cannot be started is no success, and nothing else is run in its place. */
export const failureIsTold =
  (...args: readonly string[]): Look =>
  async trial => {
    const ended = await trial.run([...args, '/bin/no-such-command'])
    const { en, zh } = howItEnded(ended)
    must(ended.code !== 0 && !ended.timedOut && ended.stderr !== '', {
      en: `/bin/no-such-command is not there; stderr was ${quoted(ended.stderr)}, and ${en}`,
      zh: `/bin/no-such-command 并不存在；标准错误是 ${quoted(ended.stderr)}，${zh}`,
    })
  }

/**
 * A command whose root directory cannot be prepared runs nowhere: not in that directory, and not in the machine's own.
 * @param rootfs where /bin/touch may be missing, but /tmp is not, if the directory is there
 * @param flaw what is wrong with the directory
 */
export const commandNeverRuns =
  (rootfs: string, flaw: Words): Look =>
  async trial => {
    const mark = `/tmp/${unknownWord('ran')}`
    const ended = await trial.run([rootfs, '/bin/touch', mark])
    const places = [mark, `${resolve(trial.lab.root, rootfs)}${mark}`]
    const found = places.find(place => existsSync(`/proc/${trial.host}/root${place}`))
    const { en, zh } = howItEnded(ended)
    must(found === undefined && ended.code !== 0 && !ended.timedOut, {
      en: `${flaw.en}; "/bin/touch ${mark}" was not to run, but of the program: ${en}, and ${found ? `the file ${found} is there` : 'no file was made'}`,
      zh: `${flaw.zh}；“/bin/touch ${mark}”不该运行，而程序本身：${zh}，${found ? `文件 ${found} 也出现了` : '文件倒是没有出现'}`,
    })
  }

/** Which directory or file a path leads to: numbers that no other one has. */
export const inodeOf = (path: string): string => {
  const { dev, ino } = statSync(path)
  return `${dev}:${ino}`
}

/** The working directory of the command is the root directory of the container, and not one outside. */
export const startsInItsRoot =
  (...args: readonly string[]): Look =>
  async trial => {
    const { init, ask } = await trial.container(args)
    const [cwd, root] = [inodeOf(`/proc/${init}/cwd/`), inodeOf(`/proc/${init}/root/`)]
    const pwd = (await ask('pwd')).trim()
    must(cwd === root, {
      en: `/proc/${init}/cwd is not the directory of /proc/${init}/root, and pwd says ${quoted(pwd)}`,
      zh: `/proc/${init}/cwd 和 /proc/${init}/root 不是同一个目录，pwd 显示 ${quoted(pwd)}`,
    })
  }

/** A namespace of the command is not the machine's. */
export const hasOwnNamespace =
  (type: 'uts' | 'pid' | 'mnt' | 'net' | 'ipc', ...args: readonly string[]): Look =>
  async trial => {
    const { init } = await trial.container(args)
    const [own, host] = [namespaces(init)[type], namespaces(trial.host)[type]]
    must(own !== host, {
      en: `/proc/${init}/ns/${type} of the command is ${own}, and so is the machine's own`,
      zh: `命令的 /proc/${init}/ns/${type} 是 ${own}，机器自己的也是它`,
    })
  }

/** The command is process 1 of its own pid namespace. */
export const isProcessOne =
  (...args: readonly string[]): Look =>
  async trial => {
    const { init, ask } = await trial.container(args)
    const numbers = status(init).NSpid ?? ''
    const own = (await ask('echo $$')).trim()
    must(/\t1$/.test(numbers) && own === '1', {
      en: `its shell has the number ${own}; /proc/${init}/status says NSpid: ${numbers.replaceAll('\t', ' ')}`,
      zh: `它的 shell 的进程号是 ${own}；/proc/${init}/status 里 NSpid 是 ${numbers.replaceAll('\t', ' ')}`,
    })
  }

/** /proc is there, and shows the processes of the container and no others. */
export const procShowsOnlyItsOwn =
  (...args: readonly string[]): Look =>
  async trial => {
    const { ask } = await trial.container(args)
    const seen = (await ask('cd /proc && echo [0-9]*; cd /')).trim()
    must(seen === '1', {
      en: `in the container, /proc shows the processes ${quoted(seen)}; it was to show 1 alone`,
      zh: `容器里的 /proc 显示进程 ${quoted(seen)}，应当只有 1`,
    })
  }

/**
 * Kills the program that has started a container, and waits some time for the container's end.
 * @param init its first process
 * @returns the program that was killed
 */
export const killStarter = async (init: number): Promise<number> => {
  const { ppid = 0 } = readProcess(init) ?? {}
  // To kill(2), 0 would be this program and those beside it.
  must(ppid > 1, {
    en: `the container was to run on, but its first process has ended`,
    zh: `容器应当继续运行，可是它的第一个进程已经结束`,
  })
  process.kill(ppid, 'SIGKILL')
  await eventually(() => (isAlive(init) ? undefined : true), 2000 * scale)
  return ppid
}

/** The container ends with the program that started it, also when that is killed. */
export const diesWithProgram =
  (...args: readonly string[]): Look =>
  async trial => {
    // A shell would end when its input does, which it does with the program.
    const { init, exit } = await trial.freshContainer(args, { command: ['/bin/sleep', '1000'] })
    const ppid = await killStarter(init)
    const isGone = !isAlive(init)
    await exit()
    must(isGone, {
      en: `the program, process ${ppid}, was killed with SIGKILL; two seconds later its command, process ${init}, still ran`,
      zh: `程序（进程 ${ppid}）被 SIGKILL 杀死；两秒之后，它的命令（进程 ${init}）还在运行`,
    })
  }

/** After a container has run, and after one whose program was killed, the machine is as it was. */
export const leavesNothing =
  (...args: readonly string[]): Look =>
  async trial => {
    await trial.freshContainer(args).then(({ exit }) => exit())
    const before = await takePicture(trial.lab)
    await trial.run([...args, '/bin/true'])
    const found = await leftovers(trial.lab, before)
    must(found.length === 0, {
      en: `after "/bin/true" had run, there was: ${found.slice(0, 3).join('; ')}`,
      zh: `运行过“/bin/true”之后，多出来的有：${found.slice(0, 3).join('；')}`,
    })
  }
