/** The words with which containers are drawn, beside those of the kernel. */

import type { Language } from '../lesson/lesson.ts'

const en = {
  container: 'container',
  process: 'process',
  host: 'host',
  startedBy: 'started by',
  shared: 'shared',
  processes: 'processes',
  root: 'root',
  mounts: 'mounts',
  network: 'network',
  layers: 'layers',
  of: 'of',
  unlimited: (used: string): string => `${used}, no limit`,
  more: (count: number): string => `and ${count} more`,
  evenMore: 'and more',
  what: { new: 'new', changed: 'changed', deleted: 'deleted' },
  end: (device: string, pid: number): string => `${device} of ${pid}`,
  noContainer:
    'There is no container here: no process has a namespace or a root directory of its own. Start one, such as "npx tsx chapters/04-allns/main.ts busybox /bin/sh", and look again from a second terminal.',
  notInside: (pid: number): string =>
    `Process ${pid} has no namespace and no root directory of its own, nor has any process below it.`,
  unseen: (what: readonly string[], why: string): string => `Not seen: ${what.join(', ')}${why && ` (${why})`}`,
  unseenProcesses: (count: number): string => (count === 1 ? 'a process' : `${count} processes`),
  unseenNetworks: { root: 'networks', ip: 'networks, because there is no ip on PATH' },
  takesRoot: 'only root may look there: run it again with sudo',
  refused: 'this root may not look there',
  unexplained: (pid: number, fields: readonly string[]): string =>
    `Besides, it has of its own what no chapter explains: ${fields.join(', ')} in /proc/${pid}/status.`,
  moreLines: (count: number): string => `… ${count} more lines: make the window higher, or name a PID`,
}

const zh: typeof en = {
  container: '容器',
  process: '进程',
  host: '宿主机',
  startedBy: '启动者',
  shared: '共用',
  processes: '进程',
  root: '根目录',
  mounts: '挂载',
  network: '网络',
  layers: '层',
  of: '/',
  unlimited: used => `${used}，无限制`,
  more: count => `另有 ${count} 个`,
  evenMore: '还有更多',
  what: { new: '新建', changed: '修改', deleted: '删除' },
  end: (device, pid) => `${pid} 的 ${device}`,
  noContainer:
    '这里没有容器：没有哪个进程有自己的命名空间或根目录。先启动一个，例如 "npx tsx chapters/04-allns/main.ts busybox /bin/sh"，再从另一个终端来看。',
  notInside: pid => `进程 ${pid} 没有自己的命名空间，也没有自己的根目录；它下面的进程也都没有。`,
  unseen: (what, why) => `看不到的：${what.join('、')}${why && `（${why}）`}`,
  unseenProcesses: count => `${count} 个进程`,
  unseenNetworks: { root: '网络', ip: '网络，因为 PATH 里没有 ip' },
  takesRoot: '只有 root 能看：请用 sudo 再运行一次',
  refused: '这里的 root 也无权查看',
  unexplained: (pid, fields) =>
    `此外，/proc/${pid}/status 里的 ${fields.join('、')} 也与这里不同，各章都没有讲到。`,
  moreLines: count => `…… 还有 ${count} 行：把窗口拉高，或者指定 PID`,
}

export type XrayWords = typeof en

/** The words of a language. */
export const xrayWords = (language: Language): XrayWords => (language === 'zh' ? zh : en)
