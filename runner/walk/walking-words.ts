/** What walk says itself, in the language of the lesson. */

import type { Language } from '../lesson/lesson.ts'

const en = {
  run: 'Enter types it',
  more: 'Enter shows more',
  nextSection: 'Enter goes on to the next section',
  theEnd: 'the end: Enter or q leaves',
  runs: 'it still runs: Ctrl-C ends it',
  takeOver: 't take over',
  help: '? keys',
  notes: 'o notes',
  terminal: 'terminal',
  yours: 'The shell is yours. Ctrl-] gives it back.',
  back: 'The shell is given back.',
  inside: 'this is for the shell in a container, and the prompt is another',
  outside: 'this is for the shell of the host, and the prompt is another',
  waiting: 'wait for its end, or t and see to it yourself; s skips the command',
  noNotes: 'There are no notes here.',
  jump: 'Number of the section, then Enter:',
  making: 'The lab is being made …',
  resumed: 'You left here. The shell is a new one: what was done in the last is not in it.',
  notTyped: (sections: number, commands: number): string =>
    `The lesson begins here. Before it ${sections === 1 ? 'is 1 section' : `are ${sections} sections`} with ${commands === 1 ? '1 command' : `${commands} commands`}: none of them was typed in this shell, and what they make is missing. "b" and "j" go back to them.`,
  preparing: (done: number, total: number): string =>
    `Typing the commands before it: ${done} of ${total} … s begins without the rest`,
  leftHere: 'You left here.',
  typed: (commands: number): string =>
    `The lesson goes on here. ${commands === 1 ? 'The 1 command' : `The ${commands} commands`} before it ${commands === 1 ? 'was' : 'were'} typed for you in these shells.`,
  leftOut: (commands: number): string =>
    `${commands} of the commands before it could not be typed, because this machine lacks what they need: "doctor" says more.`,
  surprises: 'Not all was as the text says, so what follows may be different, too:',
  andMore: (count: number): string => `… and ${count} more`,
  endedBefore: (command: string): string =>
    `Nothing was typed from \`${command}\` on: what those commands make is missing. "b" and "j" go back to them.`,
  leave: 'Left at section',
  again: 'To go on: ',
  done: 'That was all of it.',
  answers: 'The answers to the questions: ',
  next: 'The next chapter: ',
  keys: `  Enter    type the command, or go on
  n        next section
  s        skip this command
  b        back to the one before
  j        jump to a section
  r        show this once more
  o        the teacher's notes
  t        take over the shell; Ctrl-] gives it back
  Ctrl-C   ends what runs in it
  q        leave; the next walk goes on here`,
}

const zh: typeof en = {
  run: '回车键入命令',
  more: '回车看下文',
  nextSection: '回车进入下一节',
  theEnd: '全章结束：回车或 q 离开',
  runs: '还在运行：Ctrl-C 结束它',
  takeOver: 't 接管',
  help: '? 按键',
  notes: 'o 备注',
  terminal: '终端',
  yours: 'shell 归你了，按 Ctrl-] 交还。',
  back: 'shell 已交还。',
  inside: '这一行是给容器里的 shell 的，现在的提示符不是它',
  outside: '这一行是给宿主机的 shell 的，现在的提示符不是它',
  waiting: '等它结束，或者按 t 自己处理；s 跳过这条命令',
  noNotes: '这里没有备注。',
  jump: '输入小节编号，再按回车：',
  making: '正在准备实验环境……',
  resumed: '上次停在这里。shell 是新开的，上次在里面做的事不在其中。',
  notTyped: (sections, commands) =>
    `从这里开始。前面 ${sections} 节里的 ${commands} 条命令都没有在这个 shell 里键入过，它们造出来的东西这里没有。按 b 或 j 可以回到前面。`,
  preparing: (done, total) => `正在键入前面的命令：${done} / ${total} …… 按 s 不再等其余的`,
  leftHere: '上次停在这里。',
  typed: commands => `从这里继续。前面的 ${commands} 条命令已经替你在这些 shell 里键入过了。`,
  leftOut: commands => `前面有 ${commands} 条命令没法键入，因为这台机器缺少它们需要的东西：用 doctor 查看。`,
  surprises: '有些结果与正文不同，所以后面也可能不同：',
  andMore: count => `…… 还有 ${count} 处`,
  endedBefore: command =>
    `从 \`${command}\` 起的命令都没有键入，它们造出来的东西这里没有。按 b 或 j 可以回到前面。`,
  leave: '停在第几节：',
  again: '继续：',
  done: '全章到此结束。',
  answers: '问题的答案：',
  next: '下一章：',
  keys: `  回车     键入命令，或继续
  n        下一节
  s        跳过这条命令
  b        回到上一条
  j        跳到某一节
  r        再显示一遍
  o        教师备注
  t        接管 shell，Ctrl-] 交还
  Ctrl-C   结束正在运行的命令
  q        离开，下次从这里继续`,
}

export const words = (language: Language): typeof en => (language === 'zh' ? zh : en)
