import { readdirSync } from 'node:fs'
import { readIfThere } from './read-if-there.ts'

const PF_KTHREAD = 0x00200000

/** One line of the process table. See proc_pid_stat(5). */
export type Process = {
  readonly pid: number
  readonly comm: string
  /** R running, S sleeping, Z zombie, … */
  readonly state: string
  readonly ppid: number
  readonly pgrp: number
  readonly session: number
  /** In clock ticks since boot: with the pid it names a process for good, also when the pid is reused. */
  readonly starttime: number
}

/** All pids there are, those of kernel threads among them. It costs much less than to look at each process. */
export const allPids = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger)

/** All processes of the host but kernel threads, by pid. Those that end meanwhile are left out. */
export const processes = (): Process[] => allPids().flatMap(pid => readProcess(pid) ?? [])

/** The processes whose parent is `pid`, in the order in which they were started. */
export const children = (pid: number, among = processes()): Process[] =>
  among.filter(({ ppid }) => ppid === pid).sort((a, b) => a.starttime - b.starttime || a.pid - b.pid)

/** Children, then their children, and so on: nearest first. */
export const descendants = (pid: number, among = processes()): Process[] => {
  const found = children(pid, among)
  for (const process of found) found.push(...children(process.pid, among))
  return found
}

/** The descendants that a program has started itself: not the compiler that tsx has for what it meets for the first time. */
export const startedBy = (pid: number): Process[] => descendants(pid).filter(({ comm }) => comm !== 'esbuild')

/** Whether a process is neither gone nor a zombie, which an orphan can stay for a second or two. */
export const isAlive = (pid: number): boolean => {
  const process = readProcess(pid)
  return process !== undefined && process.state !== 'Z'
}

/** The line of one process, or undefined when it is gone or a kernel thread. */
export const readProcess = (pid: number): Process | undefined => {
  const line = readIfThere(`/proc/${pid}/stat`)
  if (line === undefined) return undefined
  const afterComm = line.lastIndexOf(')')
  const fields = line.slice(afterComm + 2).split(' ')
  if (Number(fields[6]) & PF_KTHREAD) return undefined
  return {
    pid,
    comm: line.slice(line.indexOf('(') + 1, afterComm),
    state: fields[0] ?? '',
    ppid: Number(fields[1]),
    pgrp: Number(fields[2]),
    session: Number(fields[3]),
    starttime: Number(fields[19]),
  }
}
