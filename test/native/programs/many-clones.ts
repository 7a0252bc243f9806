/** Clones again and again in one process, as told on the command line, and prints how much it holds before and after. */

import { readdirSync, readFileSync } from 'node:fs'
import { clone, deliverPendingSignals, exitCode, SystemCallError } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { childrenOf } from '#native/process-state.ts'
import { chdir, exec, withUndo } from '#native/steps.ts'

const [count = 0, atOnce = 1] = process.argv.slice(2).map(Number)

const once = async (): Promise<void> => {
  // One in ten with somebody who puts the host back, and one in ten that fails.
  const number = numbers++
  const step = number % 10 === 0 ? withUndo(chdir('/'), chdir('/')) : chdir(number % 10 === 1 ? '/no/such' : '/')
  try {
    await exitCode(clone([step, exec(['/bin/true'])], SIGCHLD))
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
  }
}

const times = async (total: number): Promise<void> => {
  for (let left = total; left > 0; left -= atOnce) await Promise.all(Array.from({ length: atOnce }, once))
}

const held = async () => {
  await deliverPendingSignals() // until then the handlers of signals stay: see exitCode()
  const maps = readFileSync('/proc/self/maps', 'utf8').trimEnd().split('\n')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    maps: maps.length,
    // V8's own come and go; these are for children.
    shared: maps.filter(line => /^\S+ \S{3}s /.test(line)).length,
    threads: readdirSync('/proc/self/task').length,
    children: childrenOf(process.pid).length,
    listeners: process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'),
  }
}

let numbers = 0
await times(50)
const before = await held()
await times(count)
console.log(JSON.stringify({ before, after: await held() }))
