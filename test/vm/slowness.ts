import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'

// What most tests wait for: that node starts, with tsx. It tells its own processor time, in microseconds.
const script = 'const { user, system } = process.cpuUsage(); console.log(user + system)'
const work = ['--import', import.meta.resolve('tsx'), '-e', script]
const rounds = 3

const start = (): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, work, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`node does not start: ${stderr}`)
}

/**
 * Milliseconds a start of node takes on this machine when nobody else uses it: its processor time, since waiting
 * for a processor is not in it.
 */
export const processorTime = (): number => {
  const times = Array.from({ length: rounds }, () => Number(start()) / 1000)
  return Math.min(...times)
}

/** Milliseconds a start of node takes on this machine as it is now, with all the waiting: the worst of some. */
const waitingTime = (): number => {
  start() // the first one reads the disk
  const times = Array.from({ length: rounds }, () => {
    const from = performance.now()
    start()
    return performance.now() - from
  })
  return Math.max(...times)
}

// Inside the machine: how many times slower it is than the host's reference, for SKDOCKER_TIMEOUT_SCALE.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(Math.max(1, Math.ceil(waitingTime() / Number(process.argv[2]))))
}
