/**
 * Is sent a signal when its child has ended and something is to be put away, and again when that is done. `slowly` takes
 * many turns of the event loop.
 */

import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { clone, exitCode, terminationSignal, uninterrupted } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { exec } from '#native/steps.ts'

const [signal, slowly] = process.argv.slice(2)
const say = (text: string) => void writeSync(1, text)

const run = async () => {
  await exitCode(clone([exec(['/bin/true'])], SIGCHLD))
  process.kill(process.pid, signal)
  if (slowly) {
    await setTimeout(100)
    say(`${await terminationSignal()}: `)
  }
  say('put away')
}

await (slowly ? uninterrupted(run) : run())
await setTimeout(100)
process.kill(process.pid, signal)
await setTimeout(1000)
say(', and goes on')
