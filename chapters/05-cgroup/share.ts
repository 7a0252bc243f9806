/** Says how much of one CPU some processes get, all of them together: it looks twice, three seconds apart. */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { argv, print } from '#native/index.ts'

const pids = argv('<pid> [pid...]')

/** The CPU time that a process has had, in hundredths of a second. Source: proc_pid_stat(5), utime and stime */
const ticksOf = (pid: string): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may have spaces in it
  return Number(fields[11]) + Number(fields[12])
}

const ticksOfAll = (): number => pids.reduce((sum, pid) => sum + ticksOf(pid), 0)

const [ticks, start] = [ticksOfAll(), performance.now()]
await sleep(3000)
const share = (ticksOfAll() - ticks) / ((performance.now() - start) / 1000) // hundredths of a second, in each second

print(`${Math.round(share / 5) * 5} %`) // to five percent: a busy machine is never exact
