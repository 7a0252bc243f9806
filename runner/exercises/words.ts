/** What `try` and its companions say, in both languages. */

import type { Language } from '../lesson/lesson.ts'

const en = {
  seen: 'What was seen',
  why: 'The idea',
  see: 'See it yourself',
  read: 'Read again',
  said: 'Your program said',
  next: (name: string) => `A hint: npx tsx runner.ts hint ${name}`,
  solved: (count: number) => (count === 1 ? 'It holds. Solved.' : `All ${count} hold. Solved.`),
  compare: (name: string) => `See how the chapter does it: npx tsx runner.ts solution ${name}`,
  others: (names: string) => `More of this chapter: ${names}`,
  made: (path: string) => `made ${path}`,
  begin: (path: string, name: string, needsRoot: boolean) =>
    `Open ${path} in your editor. Then: npx tsx runner.ts try ${name}${needsRoot ? en.withSudo : ''}`,
  withSudo: ' (with sudo, unless you are root)',
  hint: (number: number, gap: number) => `Hint ${number} of 3, for place (${gap})`,
  hintOf: (number: number) => `Hint ${number} of 3`,
  lastHint: (name: string) =>
    `That was the last hint for this place. npx tsx runner.ts solution ${name} shows the line.`,
  givenPart: (name: string) =>
    `What your last try found belongs to no place that has hints. Something that you changed or added breaks it, and what your program says in "try" may tell where. "npx tsx runner.ts solution ${name}" shows your changes, and the chapter’s lines with them.`,
  nothingOpen: 'All of it holds: there is nothing to give a hint for.',
  same: 'Your files are the chapter’s, letter by letter.',
  notSolved: 'It is not solved yet.',
  askSolution: 'It is not solved yet. Show the solution all the same? [y/N] ',
  kept: (path: string, copy: string) => `${path} is the chapter’s now; what you had is in ${copy}`,
  anew: (path: string, copy: string) => `${path} is as it was at the start; what you had is in ${copy}`,
  watching: (path: string) => `Waiting for ${path} to be saved. Ctrl-C ends it.`,
  answer: 'Your answer: ',
  right: 'Right.',
  wrong: 'No.',
  came: 'This is what came:',
  legend: '- only in the chapter’s   + only in yours',
  sameCalls: 'The same calls, in the same order.',
  noCalls: 'No calls were seen: only a program that stands on native/ can show them.',
  missingCall: (missing: string, extra: string | undefined) =>
    extra
      ? `The first that differs: the chapter has ${missing}, and yours has ${extra}.`
      : `The first that differs: the chapter has ${missing}, and yours has not.`,
  extraCall: (call: string) => `The first that differs: yours has ${call}, and the chapter has not.`,
}

const zh: typeof en = {
  seen: '看到的是',
  why: '道理',
  see: '自己看一看',
  read: '再读一遍',
  said: '你的程序说',
  next: name => `要提示：npx tsx runner.ts hint ${name}`,
  solved: count => `${count} 项全部做到，这道题解出来了。`,
  compare: name => `看看这一章是怎么写的：npx tsx runner.ts solution ${name}`,
  others: names => `这一章还有：${names}`,
  made: path => `已生成 ${path}`,
  begin: (path, name, needsRoot) =>
    `用编辑器打开 ${path}，然后运行 npx tsx runner.ts try ${name}${needsRoot ? zh.withSudo : ''}`,
  withSudo: '（不是 root 就加 sudo）',
  hint: (number, gap) => `第 ${number} 个提示（共 3 个），关于第（${gap}）处`,
  hintOf: number => `第 ${number} 个提示（共 3 个）`,
  lastHint: name => `这一处的提示到此为止。npx tsx runner.ts solution ${name} 会给出那一行。`,
  givenPart: name =>
    `上次没通过的那一项，不属于任何一处空，所以没有提示。是你改动或添上的什么弄坏了它；try 里“你的程序说”的那几行，可能会告诉你在哪里。“npx tsx runner.ts solution ${name}”会列出你的改动，不过这一章的写法也就一起看到了。`,
  nothingOpen: '每一项都做到了，没有什么要提示的。',
  same: '你的文件和这一章的一字不差。',
  notSolved: '这道题还没有解出来。',
  askSolution: '这道题还没有解出来。仍然要看答案吗？[y/N] ',
  kept: (path, copy) => `${path} 换成了这一章的版本；你原来的在 ${copy}`,
  anew: (path, copy) => `${path} 恢复到刚开始的样子；你原来的在 ${copy}`,
  watching: path => `等你保存 ${path}。按 Ctrl-C 结束。`,
  answer: '你的回答：',
  right: '对。',
  wrong: '不对。',
  came: '实际的输出是：',
  legend: '- 只有这一章的程序有   + 只有你的程序有',
  sameCalls: '系统调用完全一样，顺序也一样。',
  noCalls: '没有看到系统调用：只有建立在 native/ 之上的程序能把它们显示出来。',
  missingCall: (missing, extra) =>
    extra ? `第一处不同：这一章是 ${missing}，你的是 ${extra}。` : `第一处不同：这一章有 ${missing}，你的没有。`,
  extraCall: call => `第一处不同：你的有 ${call}，这一章没有。`,
}

/** All words of one language. */
export const exerciseWords = (language: Language): typeof en => (language === 'zh' ? zh : en)
