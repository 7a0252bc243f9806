/** What the page says itself, in the language of the text. */

import type { Language } from '../lesson/lesson.ts'

const en = {
  terminal: 'terminal',
  picture: 'picture',
  close: 'Close',
  chapters: 'Chapters',
  previous: 'Previous',
  next: 'Next',
  typeIt: 'type this into terminal',
  pressIt: 'press this key in terminal',
  runSection: 'Run this section',
  reset: 'Reset the lab',
  showTerminals: 'Terminals',
  making: 'The lab is being made …',
  noLab: 'The text can be read, but there is no terminal: ',
  runAsRoot: 'end the page and start it with sudo',
  lost: 'The page has lost its server. Is it still running?',
  noToken: 'Open the address that "npx tsx runner.ts page" has printed, with all that stands behind the #.',
  notHere: 'not on this machine: ',
  running: 'running …',
  same: 'as the text says',
  different: 'It shows something else. - is what the text says, + is what came:',
  refused: 'Not typed: ',
  busy: 'the terminal is not at a prompt. A command still runs in it, or a line is half typed: Ctrl-C there ends both.',
  inside: 'this is for the shell in a container, and the prompt is another.',
  outside: 'this is for the shell of the host, and the prompt is another.',
  shellEnded: 'The shell has ended. Enter opens another.',
  leftOut: 'the file is too long: the rest is left out',
}

export type PageWords = Readonly<Record<keyof typeof en, string>>

const zh: PageWords = {
  terminal: '终端',
  picture: '图',
  close: '关闭',
  chapters: '章节',
  previous: '上一章',
  next: '下一章',
  typeIt: '键入到终端',
  pressIt: '按下此键，终端',
  runSection: '运行本节',
  reset: '重置实验环境',
  showTerminals: '终端',
  making: '正在准备实验环境……',
  noLab: '正文可以阅读，但没有终端可用：',
  runAsRoot: '结束本页，用 sudo 重新启动',
  lost: '页面与服务器断开了。它还在运行吗？',
  noToken: '请打开 "npx tsx runner.ts page" 打印的地址，包括 # 后面的全部内容。',
  notHere: '这台机器不能运行：',
  running: '正在运行……',
  same: '与正文一致',
  different: '结果与正文不同。- 是正文里的，+ 是实际的：',
  refused: '没有键入：',
  busy: '终端不在提示符处：有命令还在运行，或者有一行输入了一半。在那里按 Ctrl-C 可以结束它。',
  inside: '这一行是给容器里的 shell 的，现在的提示符不是它。',
  outside: '这一行是给宿主机的 shell 的，现在的提示符不是它。',
  shellEnded: 'shell 已结束。按回车另开一个。',
  leftOut: '文件太长，其余部分省略',
}

export const pageWords = (language: Language): PageWords => (language === 'zh' ? zh : en)
